/**
 * One session with the coordinator: from Join until it breaks or the run is over. Messages are taken in as they come;
 * heartbeats go out beside the work, from this thread, which never computes.
 */
import { type Channel, createClient, Metadata } from 'nice-grpc';
import { createQueue } from '../core/async-queue.js';
import { VERSION } from '../core/version.js';
import {
  CoordinatorServiceDefinition,
  type Finish,
  type Join,
  type SessionRequest,
  type SessionResponse,
  type Welcome,
} from '../proto/gen/prospect/v1/coordinator.js';
import { isSentError, receivedError } from '../proto/transport/errors.js';
import { callHeaders } from '../proto/transport/security.js';
import { heldState } from './held.js';
import { receive } from './receive.js';
import type { WorkerOptions } from './worker.js';
import type { Session, WorkerState } from './worker-state.js';

const HEARTBEAT_MS = 500;

export type SessionEnd =
  | { readonly kind: 'finished'; readonly reason: string }
  /** To be opened again. `welcomed`: the coordinator had taken the worker in. */
  | { readonly kind: 'broken'; readonly error: Error; readonly welcomed: boolean };

/**
 * @param signal ends it at once; what it throws then is for nobody.
 * @throws the coordinator's error when it refuses this worker for good.
 */
export async function takePart(
  channel: Channel,
  peerAddress: string,
  worker: WorkerState,
  options: WorkerOptions,
  signal: AbortSignal,
): Promise<SessionEnd> {
  const requests = createQueue<SessionRequest>();
  const session: Session = { reply: (message) => requests.push({ message }), welcomed: false };
  session.reply({ $case: 'join', value: joinMessage(peerAddress, worker, options) });
  worker.session = session;
  const heart = setInterval(() => beat(session, worker), HEARTBEAT_MS);
  let trailer: Parameters<typeof receivedError>[1];
  const onTrailer = (received: NonNullable<typeof trailer>) => {
    trailer = received;
  };
  try {
    const client = createClient(CoordinatorServiceDefinition, channel);
    const finish = await takeAll(
      client.session(requests, { signal, onTrailer, metadata: Metadata(callHeaders(options.security)) }),
      session,
      worker,
      options,
      signal,
    );
    return finish ? { kind: 'finished', reason: finish.reason } : broken(session, 'the coordinator closed the session');
  } catch (thrown) {
    const error = receivedError(thrown, trailer);
    // A connection that breaks is nobody's verdict; what the coordinator itself says would come again.
    if (signal.aborted || (isSentError(trailer) && !error.retryable)) throw error;
    return broken(session, error.message);
  } finally {
    clearInterval(heart);
    requests.end();
    worker.session = undefined;
  }
}

/** @returns undefined when the coordinator ended the stream without a word, or is not one to follow. */
async function takeAll(
  responses: AsyncIterable<SessionResponse>,
  session: Session,
  worker: WorkerState,
  options: WorkerOptions,
  signal: AbortSignal,
): Promise<Finish | undefined> {
  for await (const { message } of responses) {
    if (message?.$case === 'finish') return message.value;
    if (message?.$case === 'welcome') {
      if (isOutdated(message.value, worker)) {
        const { incarnation } = message.value;
        options.log.warn({ incarnation, newest: worker.coordinatorIncarnation }, 'outdated coordinator refused');
        return undefined;
      }
      session.welcomed = true;
    }
    if (message) receive(message, session.reply, worker, options, signal);
  }
  return undefined;
}

/** A coordinator that was replaced by a newer one of the same run must not be followed any more. */
function isOutdated({ runId, incarnation }: Welcome, { loaded, coordinatorIncarnation }: WorkerState): boolean {
  return loaded?.runId === runId && incarnation < coordinatorIncarnation;
}

function joinMessage(
  peerAddress: string,
  { workerIncarnation, loaded }: WorkerState,
  { workerId }: WorkerOptions,
): Join {
  return {
    workerId,
    workerIncarnation,
    peerAddress,
    version: VERSION,
    runId: loaded?.runId ?? '',
    held: loaded && heldState(loaded),
  };
}

function beat({ reply, welcomed }: Session, { activity, progress }: WorkerState): void {
  if (welcomed) reply({ $case: 'heartbeat', value: { ...activity, progress } });
}

function broken({ welcomed }: Session, message: string): SessionEnd {
  return { kind: 'broken', error: new Error(message), welcomed };
}
