/**
 * Who takes part in the run, from joining to leaving. A run begins when the wanted number of equal workers is ready, and
 * for now ends when one of them is lost: every wait on a session then ends with the reason.
 */
import { type PromiseWithResolvers, withResolvers } from '../core/async-queue.js';
import { ProspectError } from '../core/errors.js';
import type { Join, Ready } from '../proto/gen/prospect/v1/coordinator.js';
import { checkJoin, checkReady, loadedWorker } from './admission.js';
import type { LoadedWorker } from './ready-check.js';
import { failureOf, runEnded, sentTwice, workerLost } from './run-end.js';
import type { RunLog } from './run-log.js';
import { createTeam, type Team } from './team.js';
import { createLink, type Incoming, send, type WorkerLink } from './worker-link.js';

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

interface State {
  readonly options: MembershipOptions;
  readonly links: Set<WorkerLink>;
  readonly ready: Map<WorkerLink, LoadedWorker>;
  readonly assembled: PromiseWithResolvers<Team>;
  team: Team | undefined;
  ended: ProspectError | 'finished' | undefined;
}

export function createMembership(options: MembershipOptions): Membership {
  const assembled = withResolvers<Team>();
  // Whoever ends the run early need not wait for it to begin.
  assembled.promise.catch(() => undefined);
  const state: State = { options, links: new Set(), ready: new Map(), assembled, team: undefined, ended: undefined };
  return {
    admit: (join) => admit(state, join),
    receive: (link, message) => receive(state, link, message),
    left: (link) => left(state, link),
    assembled: () => assembled.promise,
    isAssembled: () => state.team !== undefined,
    fail: (error) => fail(state, error),
    finish: (reason) => finish(state, reason),
  };
}

function admit({ options, links, ended }: State, join: Join): WorkerLink {
  if (ended) throw ended === 'finished' ? new ProspectError('PROTOCOL', 'the run is over') : runEnded(ended);
  checkJoin(join, [...links], options.workers);
  const link = createLink(join);
  links.add(link);
  options.log.info({ worker: link.workerId, peerAddress: link.peerAddress }, 'worker joined');
  send(link, { $case: 'welcome', value: { runId: options.runId, configJson: options.configJson } });
  return link;
}

function receive(state: State, link: WorkerLink, message: Incoming): void {
  if (!state.links.has(link)) return;
  switch (message.$case) {
    case 'failure':
      fail(state, failureOf(link, message.value));
      break;
    case 'ready':
      if (state.ready.has(link)) fail(state, sentTwice(link, message.$case));
      else becomeReady(state, link, message.value);
      break;
    case 'join':
      fail(state, sentTwice(link, message.$case));
      break;
    default:
      link.inbox.push(message);
  }
}

/** Takes the worker, or refuses it: then it alone hears the reason, and its place is free again. */
function becomeReady(state: State, link: WorkerLink, message: Ready): void {
  const { options, links, ready } = state;
  const { log, workers } = options;
  try {
    const loaded = loadedWorker(link, message);
    const [first] = ready;
    if (first) checkReady(first, [link, loaded], options);
    ready.set(link, loaded);
  } catch (thrown) {
    if (!(thrown instanceof ProspectError)) throw thrown;
    log.warn({ worker: link.workerId, reason: thrown.message }, 'worker refused');
    links.delete(link);
    link.outbox.fail(thrown);
    return;
  }
  log.info({ worker: link.workerId, engine: message.engine?.engine, ready: ready.size, of: workers }, 'worker ready');
  if (ready.size < workers) return;
  state.team = createTeam(ready);
  state.assembled.resolve(state.team);
}

function left(state: State, link: WorkerLink): void {
  const { links, ready, team, options } = state;
  if (state.ended || !links.has(link)) return;
  if (team) {
    fail(state, workerLost(link, team.phase));
    return;
  }
  links.delete(link);
  ready.delete(link);
  link.outbox.end();
  options.log.warn({ worker: link.workerId }, 'worker left before the run began; waiting for another');
}

/** Wakes whoever waits for a worker, and tells the workers why. */
function fail(state: State, error: ProspectError): void {
  if (state.ended) return;
  state.ended = error;
  state.assembled.reject(error);
  for (const link of state.links) {
    link.inbox.fail(error);
    link.outbox.fail(runEnded(error));
  }
}

function finish(state: State, reason: string): void {
  if (state.ended) return;
  state.ended = 'finished';
  for (const link of state.links) {
    send(link, { $case: 'finish', value: { reason } });
    link.outbox.end();
  }
}
