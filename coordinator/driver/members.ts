/** Workers as the driver meets them: joining, being compared with the first one, and what they report. */
import { ERROR_TABLE, type ErrorCode, ProspectError, toProspectError } from '../../core/errors.js';
import type { Failure, Join, Ready } from '../../proto/gen/prospect/v1/coordinator.js';
import { type AdmissionRules, checkReady, checkVersion, type FirstWorker, loadedWorker } from '../admission.js';
import type { NewEvent } from '../events/event-line.js';
import { type Incoming, nameOf, type Outbox, type WorkerLink } from '../worker-link.js';
import type { DriverContext } from './context.js';
import type { Gathering } from './gathering.js';
import { heldOf, newsOf } from './reports.js';
import type { Scorer } from './scorer.js';
import type { StepAtWork } from './step-at-work.js';

export interface Members {
  /** @throws WORKER_MISMATCH for another version. */
  join(join: Join, outbox: Outbox): WorkerLink;
  receive(link: WorkerLink, message: Incoming): void;
  /** The session's stream has ended. */
  left(link: WorkerLink): void;
}

export interface MembersParts {
  readonly context: DriverContext;
  readonly rules: AdmissionRules;
  readonly scorer: Scorer;
  readonly gathering: Gathering;
  readonly stepAtWork: () => StepAtWork | undefined;
  /** The first worker of the run is ready. */
  readonly onFirst: (first: FirstWorker) => void;
}

export function createMembers(parts: MembersParts): Members {
  const { context, scorer, stepAtWork } = parts;
  const { links, log, loop, events } = context;
  return {
    join(join, outbox) {
      checkVersion(join);
      const link = links.open(join, outbox);
      const { workerId, workerIncarnation } = join;
      log.info({ worker: workerId, peerAddress: link.peerAddress }, 'worker joined');
      events.tell({ kind: 'workerJoined', worker: workerId, session: link.session });
      // What it holds it says again when it is ready, after it was compared with the first worker.
      loop().post({ kind: 'joined', session: link.session, workerId, workerIncarnation, held: undefined });
      return link;
    },
    receive(link, message) {
      if (links.get(link.session) !== link) return;
      try {
        switch (message.$case) {
          case 'ready':
            becomeReady(link, message.value, parts);
            break;
          case 'failure':
            takeFailure(link, message.value, parts);
            break;
          case 'scoreReport':
            scorer.receive(message.value);
            break;
          case 'join':
            throw new ProspectError('PROTOCOL', `worker ${nameOf(link)} sent join twice`);
          default:
            loop().report({ session: link.session, ...newsOf(link.session, message, stepAtWork()) });
        }
      } catch (thrown) {
        refuse(link, toProspectError(thrown), parts);
      }
    },
    left(link) {
      if (links.get(link.session) !== link) return;
      // At the end all leave; nobody is missed.
      if (loop().state().phase.name === 'ended') links.close(link.session);
      else lose(link, 'its connection broke', parts);
    },
  };
}

function becomeReady(link: WorkerLink, message: Ready, { context, rules, gathering, onFirst }: MembersParts): void {
  const { workerId } = link;
  const worker = { workerId, loaded: loadedWorker(link, message) };
  const first = context.first();
  if (first) checkReady(first, worker, rules);
  else onFirst(worker);
  context.log.info({ worker: workerId, engine: message.engine?.engine }, 'worker ready');
  const started = { appliedStep: 0, parameterDigest: message.parameterDigest, leaves: undefined, reduced: undefined };
  const held = heldOf(message.held) ?? started;
  gathering.ready(link.session, () => context.loop().post({ kind: 'ready', session: link.session, held }));
}

/** A worker's own report of why it ends. While no worker of the run was ever ready, all others would end like it. */
function takeFailure(link: WorkerLink, { code, message }: Failure, parts: MembersParts): void {
  const { context } = parts;
  const known = code in ERROR_TABLE ? (code as ErrorCode) : 'INTERNAL';
  const error = new ProspectError(known, `worker ${nameOf(link)}: ${message}`);
  if (!context.first() && !error.retryable) context.fail(error);
  else lose(link, message, parts);
}

/** It alone hears the reason; the run goes on without it. */
function refuse(link: WorkerLink, error: ProspectError, { context, gathering }: MembersParts): void {
  context.log.warn({ worker: link.workerId, reason: error.message }, 'worker refused');
  context.events.tell(leftOf(link, error.message));
  gathering.lost(link.session);
  context.links.close(link.session, error);
  context.loop().post({ kind: 'lost', session: link.session, reason: error.message });
}

function lose(link: WorkerLink, reason: string, { context, gathering }: MembersParts): void {
  context.log.warn({ worker: link.workerId, reason }, 'worker lost');
  context.events.tell(leftOf(link, reason));
  gathering.lost(link.session);
  context.links.close(link.session);
  context.loop().post({ kind: 'lost', session: link.session, reason });
}

function leftOf({ workerId: worker, session }: WorkerLink, reason: string): NewEvent {
  return { kind: 'workerLeft', worker, session, reason };
}
