/**
 * The worker's side of a session: messages come in the coordinator's order, one is answered at a time. Work that takes
 * long runs in the compute thread; the stream is read meanwhile, so that a coordinator that is gone is noticed at once.
 */
import { type AsyncQueue, createQueue } from '../core/async-queue.js';
import { ProspectError, toProspectError } from '../core/errors.js';
import { VERSION } from '../core/version.js';
import type {
  CoordinatorServiceClient,
  Finish,
  SessionRequest,
  SessionResponse,
} from '../proto/gen/prospect/v1/coordinator.js';
import { receivedError } from '../proto/transport/errors.js';
import { becomeMember, load } from './join-run.js';
import { applyStep, computeGradients, reduceStep, scoreMismatched, scoreSequences } from './step-work.js';
import type { WorkerOptions } from './worker.js';
import type { WorkerState } from './worker-state.js';

type Incoming = NonNullable<SessionResponse['message']>;
type Outgoing = NonNullable<SessionRequest['message']>;

/** Resolves at the coordinator's Finish; everything else that ends a session throws. */
export async function takePart(
  client: CoordinatorServiceClient,
  peerAddress: string,
  state: WorkerState,
  options: WorkerOptions,
): Promise<void> {
  const leaving = new AbortController();
  // Work that nobody waits for any more ends with the thread that does it.
  leaving.signal.addEventListener('abort', () => void state.compute?.close());
  const requests = createQueue<SessionRequest>();
  const send = (message: Outgoing) => requests.push({ message });
  send({ $case: 'join', value: { workerId: options.workerId, peerAddress, version: VERSION } });
  const responses = readResponses(client, requests, leaving, options.signal);
  try {
    const finish = await answerAll(responses, send, state, options, leaving.signal);
    options.log.info({ reason: finish.reason }, 'the run is over');
  } finally {
    requests.end();
    leaving.abort();
    state.loaded?.exchange.fail(new ProspectError('WORKER_LOST', 'this worker has left the run'));
  }
}

/** Reads the stream in the background, so that its end wakes whoever waits and stops pulls from peers. */
function readResponses(
  client: CoordinatorServiceClient,
  requests: AsyncQueue<SessionRequest>,
  leaving: AbortController,
  stop: AbortSignal,
): AsyncQueue<Incoming> {
  const responses = createQueue<Incoming>();
  const signal = AbortSignal.any([leaving.signal, stop]);
  const read = async () => {
    let trailer: Parameters<typeof receivedError>[1];
    const onTrailer = (received: NonNullable<typeof trailer>) => {
      trailer = received;
    };
    try {
      for await (const { message } of client.session(requests, { signal, onTrailer })) {
        if (message) responses.push(message);
      }
      responses.end();
    } catch (thrown) {
      const error = receivedError(thrown, trailer);
      responses.fail(error);
      leaving.abort(error);
    }
  };
  void read();
  return responses;
}

async function answerAll(
  responses: AsyncQueue<Incoming>,
  send: (message: Outgoing) => void,
  state: WorkerState,
  options: WorkerOptions,
  leaving: AbortSignal,
): Promise<Finish> {
  for await (const message of responses) {
    if (message.$case === 'finish') return message.value;
    try {
      const reply = await answer(message, state, options, leaving);
      if (reply) send(reply);
    } catch (thrown) {
      // A session that broke first says more about the reason than the work that it interrupted.
      leaving.throwIfAborted();
      const error = toProspectError(thrown);
      send({ $case: 'failure', value: { code: error.code, message: error.message } });
      await drain(responses).catch(() => undefined);
      throw error;
    }
  }
  throw new ProspectError('UNREACHABLE', `the coordinator at ${options.coordinator} closed the session`);
}

/** Waits for the coordinator to end the session; throws what it ends it with. */
async function drain(responses: AsyncQueue<Incoming>): Promise<void> {
  while ((await responses.next()) !== undefined);
}

async function answer(
  message: Exclude<Incoming, { $case: 'finish' }>,
  state: WorkerState,
  options: WorkerOptions,
  leaving: AbortSignal,
): Promise<Outgoing | undefined> {
  switch (message.$case) {
    case 'welcome':
      return { $case: 'ready', value: await load(message.value, state, options) };
    case 'membership':
      becomeMember(message.value, state, options, leaving);
      return undefined;
    case 'stepPlan':
      return { $case: 'mismatchedReport', value: await scoreMismatched(message.value, state) };
    case 'referencePoint':
      return { $case: 'gradientReport', value: await computeGradients(message.value, state) };
    case 'reduce':
      return { $case: 'reducedReport', value: await reduceStep(message.value, state) };
    case 'commit':
      return { $case: 'appliedReport', value: await applyStep(message.value, state) };
    case 'scorePlan':
      return { $case: 'scoreReport', value: await scoreSequences(message.value, state) };
  }
}
