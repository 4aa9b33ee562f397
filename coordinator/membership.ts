/**
 * Who takes part in the run, from joining to leaving. A run begins when the wanted number of equal workers is ready, and
 * for now ends when one of them is lost: every wait on a session then ends with the reason.
 */
import { withResolvers } from '../core/async-queue.js';
import { ERROR_TABLE, type ErrorCode, ProspectError } from '../core/errors.js';
import { VERSION } from '../core/version.js';
import type { Failure, Join, Ready } from '../proto/gen/prospect/v1/coordinator.js';
import { type LoadedWorker, readyDifferences } from './ready-check.js';
import type { RunLog } from './run-log.js';
import { createTeam, type Team } from './team.js';
import { createLink, type Incoming, nameOf, send, type WorkerLink } from './worker-link.js';

export interface MembershipOptions {
  readonly runId: string;
  /** Workers that the run waits for. */
  readonly workers: number;
  readonly configJson: string;
  readonly engineMismatch: 'refuse' | 'warn';
  readonly log: RunLog;
}

export interface Membership {
  /** @throws WORKER_MISMATCH or PROTOCOL for a worker that cannot take part; the run goes on waiting. */
  admit(join: Join): WorkerLink;
  receive(link: WorkerLink, message: Incoming): void;
  /** The session has ended. */
  left(link: WorkerLink): void;
  /** Resolves when all workers are ready. */
  assembled(): Promise<Team>;
  isAssembled(): boolean;
  /** Ends the run for everybody; the first reason counts. */
  fail(error: ProspectError): void;
  /** Tells everybody that the run is over. */
  finish(reason: string): void;
}

export function createMembership(options: MembershipOptions): Membership {
  const { log, workers } = options;
  const links = new Set<WorkerLink>();
  const ready = new Map<WorkerLink, LoadedWorker>();
  const assembled = withResolvers<Team>();
  assembled.promise.catch(() => undefined);
  let team: Team | undefined;
  let ended: ProspectError | 'finished' | undefined;

  const fail = (error: ProspectError) => {
    if (ended) return;
    ended = error;
    assembled.reject(error);
    for (const link of links) endLink(link, error);
  };
  const becomeReady = (link: WorkerLink, loaded: Ready) => {
    const actual = loadedWorker(link, loaded);
    const [first] = ready;
    if (first) compare(first, [link, actual], options);
    ready.set(link, actual);
    log.info({ worker: link.workerId, engine: actual.engine.engine, ready: ready.size, of: workers }, 'worker ready');
    if (ready.size < workers) return;
    team = createTeam(ready);
    assembled.resolve(team);
  };
  const refuse = (link: WorkerLink, thrown: unknown) => {
    if (!(thrown instanceof ProspectError)) throw thrown;
    log.warn({ worker: link.workerId, reason: thrown.message }, 'worker refused');
    links.delete(link);
    link.outbox.fail(thrown);
  };

  return {
    admit(join) {
      if (ended) throw ended === 'finished' ? new ProspectError('PROTOCOL', 'the run is over') : runEnded(ended);
      checkJoin(join, [...links], workers);
      const link = createLink(join);
      links.add(link);
      log.info({ worker: link.workerId, peerAddress: link.peerAddress }, 'worker joined');
      send(link, { $case: 'welcome', value: { runId: options.runId, configJson: options.configJson } });
      return link;
    },
    receive(link, message) {
      if (!links.has(link)) return;
      if (message.$case === 'failure') return fail(failureOf(link, message.value));
      if (message.$case === 'join') return fail(new ProspectError('PROTOCOL', `${nameOf(link)} joined twice`));
      if (message.$case !== 'ready') return link.inbox.push(message);
      try {
        becomeReady(link, message.value);
      } catch (thrown) {
        refuse(link, thrown);
      }
    },
    left(link) {
      if (ended || !links.has(link)) return;
      if (team) return fail(workerLost(link, team.phase));
      links.delete(link);
      ready.delete(link);
      link.outbox.end();
      log.warn({ worker: link.workerId }, 'worker left before the run began; waiting for another');
    },
    assembled: () => assembled.promise,
    isAssembled: () => team !== undefined,
    fail,
    finish(reason) {
      if (ended) return;
      ended = 'finished';
      for (const link of links) {
        send(link, { $case: 'finish', value: { reason } });
        link.outbox.end();
      }
    },
  };
}

/** Wakes whoever waits for the worker, and tells the worker why. */
function endLink(link: WorkerLink, error: ProspectError): void {
  link.inbox.fail(error);
  link.outbox.fail(runEnded(error));
}

function runEnded(error: ProspectError): ProspectError {
  return new ProspectError(error.code, `the coordinator ended the run: ${error.message}`, { cause: error });
}

function checkJoin(join: Join, links: readonly WorkerLink[], workers: number): void {
  const { workerId, version } = join;
  if (version !== VERSION) {
    const message = `worker ${workerId} differs: version: ${version} instead of ${VERSION}. Install the same version everywhere.`;
    throw new ProspectError('WORKER_MISMATCH', message);
  }
  if (links.some((link) => link.workerId === workerId)) {
    throw new ProspectError('PROTOCOL', `a worker named ${workerId} takes part already; give each worker its own --id`);
  }
  if (links.length >= workers) {
    throw new ProspectError('PROTOCOL', `the run has its ${workers} workers already; set workers higher to use more`);
  }
}

function compare(
  [firstLink, expected]: readonly [WorkerLink, LoadedWorker],
  [link, actual]: readonly [WorkerLink, LoadedWorker],
  { engineMismatch, log }: MembershipOptions,
): void {
  const { engine, model } = readyDifferences(expected, actual);
  const refused = engineMismatch === 'refuse' ? [...engine, ...model] : model;
  if (refused.length > 0) {
    const message = `worker ${link.workerId} differs from ${firstLink.workerId}: ${refused.join('; ')}.`;
    const remedy =
      model.length > 0
        ? 'Give all workers the same model files.'
        : 'Run all workers on the same engine and hardware, or set engineMismatch: warn and lose equal bits.';
    throw new ProspectError('WORKER_MISMATCH', `${message} ${remedy}`);
  }
  if (engine.length === 0) return;
  log.warn({ worker: link.workerId, differs: engine }, 'this worker differs: bits will depend on who computes what');
}

function loadedWorker(link: WorkerLink, { engine, ...loaded }: Ready): LoadedWorker {
  if (!engine) throw new ProspectError('PROTOCOL', `${nameOf(link)} is ready without an engine`);
  return { engine, ...loaded };
}

function failureOf(link: WorkerLink, { code, message }: Failure): ProspectError {
  const known = code in ERROR_TABLE ? (code as ErrorCode) : 'INTERNAL';
  return new ProspectError(known, `worker ${nameOf(link)}: ${message}`);
}

function workerLost(link: WorkerLink, phase: string): ProspectError {
  return new ProspectError(
    'WORKER_LOST',
    `worker ${nameOf(link)} was lost in ${phase}: its connection broke. Look at that worker's log and machine ` +
      '(memory is the usual reason), then start the run again.',
  );
}
