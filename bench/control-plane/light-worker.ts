/** A worker's protocol without a model: every order is answered at once, with numbers that are made up and the same everywhere. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { withResolvers } from '../../core/async-queue.js';
import { VERSION } from '../../core/version.js';
import {
  CoordinatorServiceDefinition,
  type Microbatch,
  type ReferencePoint,
  type SequenceScore,
  SessionRequest,
  SessionResponse,
  type StepPlan,
} from '../../proto/gen/prospect/v1/coordinator.js';
import { TENSOR_WINDOW_BYTES } from '../../proto/transport/channel-options.js';
import { prefixed } from '../../proto/transport/duplex-call.js';
import { createConnection } from '../../proto/transport/http2/connection.js';
import { DEFAULT_FRAME_BYTES } from '../../proto/transport/http2/frames.js';
import { createMessageSplitter } from '../../proto/transport/message-splitter.js';
import { requestHeaders } from '../../proto/transport/receive-messages.js';

const HEARTBEAT_MS = 500;
/** Of each padded token: all workers are equally fast. */
const COMPUTE_MS = 0.1;
const GRADIENT_DIGEST = createHash('sha256').update('gradient').digest('hex');

type Answer = NonNullable<SessionRequest['message']>;
type Order = NonNullable<SessionResponse['message']>;

interface LightWorker {
  generation: number;
  plan: StepPlan | undefined;
  point: ReferencePoint | undefined;
  phase: string;
  step: number;
  progress: number;
}

/**
 * Speaks gRPC over the project's HTTP/2: all workers of the benchmark share one processor, and a general client would keep it
 * busier than the coordinator is.
 * @param onWelcome called when the coordinator has taken the worker in.
 * @throws when the session ends.
 */
export async function takePart(coordinator: string, workerId: string, onWelcome: () => void): Promise<void> {
  const { fullName, methods } = CoordinatorServiceDefinition;
  const [host, port] = coordinator.split(':');
  const socket = connect({ host: host!, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  const connection = createConnection(socket, { windowBytes: TENSOR_WINDOW_BYTES, frameBytes: DEFAULT_FRAME_BYTES });
  socket.on('data', connection.receive);
  const worker: LightWorker = {
    generation: 0,
    plan: undefined,
    point: undefined,
    phase: 'loading',
    step: 0,
    progress: 0,
  };
  const reply = (message: Answer) => session.post(prefixed(SessionRequest.encode({ message }).finish()), true);
  const take = createMessageSplitter((bytes) => {
    const { message } = SessionResponse.decode(bytes);
    if (message?.$case === 'welcome') onWelcome();
    if (message) obey(message, worker, reply);
  });
  const over = withResolvers<void>();
  const session = connection.request(requestHeaders(`/${fullName}/${methods.session.name}`), {
    headers: () => undefined,
    data(part) {
      take(part);
      session.taken(part.length);
    },
    ended: () => undefined,
    closed: () => over.resolve(),
  });
  const join = { workerId, workerIncarnation: 1, peerAddress: '127.0.0.1:1', version: VERSION, runId: '' };
  reply({ $case: 'join', value: { ...join, held: undefined } });
  const heart = setInterval(() => {
    const { phase, step, progress } = worker;
    if (phase !== 'loading') reply({ $case: 'heartbeat', value: { phase, step, progress } });
  }, HEARTBEAT_MS);
  await over.promise.finally(() => clearInterval(heart));
  throw new Error('the session ended');
}

function obey(order: Order, worker: LightWorker, reply: (answer: Answer) => void): void {
  if ('generation' in order.value) worker.generation = order.value.generation;
  switch (order.$case) {
    case 'welcome':
      reply({ $case: 'ready', value: readyMessage() });
      note(worker, 'idle', 0);
      break;
    case 'stepPlan':
      worker.plan = order.value;
      worker.point = undefined;
      note(worker, 'mismatched', order.value.step);
      for (const microbatch of order.value.mismatched) reply(mismatchedReport(order.value, microbatch));
      break;
    case 'referencePoint':
      worker.point = order.value;
      note(worker, 'gradients', order.value.step);
      for (const leaf of worker.plan!.matched) reply(leafReport(worker.plan!, order.value, leaf));
      break;
    case 'reduce': {
      const { generation, step } = order.value;
      note(worker, 'reducing', step);
      reply({ $case: 'reducedReport', value: { generation, step, digest: GRADIENT_DIGEST, norm: 1 } });
      break;
    }
    case 'commit': {
      const { step } = order.value.record!;
      note(worker, 'idle', step);
      const { generation } = worker;
      reply({ $case: 'appliedReport', value: { generation, step, parameterDigest: parametersAfter(step) } });
      break;
    }
    case 'membership':
    case 'finish':
      break;
    default:
      throw new Error(`a light worker has no answer to ${order.$case}`);
  }
}

function note(worker: LightWorker, phase: string, step: number): void {
  worker.phase = phase;
  worker.step = step;
  worker.progress += 1;
}

function readyMessage() {
  const engine = { engine: 'none', version: '1', threads: 1, settings: '', processor: 'none' };
  const parameters = [{ name: 'weight', shape: [1], decayed: false }];
  return { engine, parameters, parameterDigest: parametersAfter(0), modelDigest: 'none', held: undefined };
}

/** Readable, and different from step to step. */
function parametersAfter(step: number): string {
  return String(step).padStart(64, '0');
}

function mismatchedReport({ generation, step, attempt }: StepPlan, { number, sequences }: Microbatch): Answer {
  const value = { generation, step, attempt, microbatch: number, scores: sequences.map(scoreOf), computeMs: 0 };
  return { $case: 'mismatchedReport', value };
}

function leafReport(plan: StepPlan, { z0 }: ReferencePoint, { number, sequences }: Microbatch): Answer {
  const { generation, step, attempt } = plan;
  const digest = plan.audited.includes(number) ? GRADIENT_DIGEST : '';
  const tokens = Math.max(...sequences.map(({ tokenIds }) => tokenIds.length / 4)) * sequences.length;
  const scores = sequences.map(scoreOf);
  const computeMs = tokens * COMPUTE_MS;
  return { $case: 'leafReport', value: { generation, step, attempt, leaf: number, z0, scores, digest, computeMs } };
}

function scoreOf({ row, referenceLogp = -20 }: Microbatch['sequences'][number]): SequenceScore {
  return { row, policyLogp: -20 + (row % 7) / 8, referenceLogp, entropySum: 40, logitSum: 1 };
}
