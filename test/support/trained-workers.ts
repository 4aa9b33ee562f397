/** Workers that have made some steps, their state, and coordinators that pass it on: what tests of healing start from. */
import { createChannel, createClient } from 'nice-grpc';
import {
  type PullStateRequest,
  type PullStateResponse,
  type StateHeader,
  StateServiceDefinition,
  type StateServiceImplementation,
} from '../../proto/gen/prospect/v1/state.js';
import type { Compute } from '../../worker/compute/compute.js';
import { linearCompute } from './linear-compute.js';
import { greet, type PlayedStep, playStep, startWorker, tellMembers } from './played-run.js';
import { type ScriptedCoordinator, type ScriptedSession, scriptedCoordinator } from './scripted-coordinator.js';

/** A member that is not there. */
export const NOBODY = { rank: 1, workerId: 'gone', peerAddress: '127.0.0.1:1', session: 7 };

const opened: (() => void)[] = [];

/** After each test. */
export function closeAll(): void {
  for (const close of opened.splice(0)) close();
}

export async function openCoordinator(state?: StateServiceImplementation): Promise<ScriptedCoordinator> {
  const coordinator = await scriptedCoordinator(0, state);
  opened.push(() => coordinator.kill());
  return coordinator;
}

export async function joinRun(
  coordinator: ScriptedCoordinator,
  id: string,
  compute: Compute = linearCompute(),
): Promise<ScriptedSession> {
  const worker = startWorker(id, coordinator.address, compute);
  opened.push(worker.leave);
  const { session } = await greet(coordinator, id);
  return session;
}

export interface TrainedWorker {
  readonly session: ScriptedSession;
  readonly played: PlayedStep[];
}

/** A worker that has made some steps alone. */
export async function trainedWorker(
  coordinator: ScriptedCoordinator,
  steps: number,
  compute: Compute = linearCompute(),
): Promise<TrainedWorker> {
  const session = await joinRun(coordinator, 'a', compute);
  tellMembers([session], 1);
  const played: PlayedStep[] = [];
  for (let step = 1; step <= steps; step++) played.push(await playStep([session], step, 1));
  return { session, played };
}

/** Of an undisturbed run. */
export async function digestAfter(steps: number): Promise<string> {
  const { played } = await trainedWorker(await openCoordinator(), steps);
  return played.at(-1)!.parameterDigest;
}

export async function pullFrom(address: string, request: PullStateRequest) {
  const channel = createChannel(address);
  opened.push(() => channel.close());
  const responses: PullStateResponse[] = [];
  for await (const response of createClient(StateServiceDefinition, channel).pullState(request))
    responses.push(response);
  const [first] = responses;
  const header = (first?.message?.$case === 'header' ? first.message.value : undefined) as StateHeader;
  const chunks = responses.flatMap(({ message }) => (message?.$case === 'chunk' ? [message.value] : []));
  return { header, chunks };
}

/** What a coordinator serves after it loaded a snapshot: here, what a worker has. */
export function relay(address: string, change: (chunk: Buffer) => void = () => undefined): StateServiceImplementation {
  return {
    async *pullState(request) {
      const { header, chunks } = await pullFrom(address, { step: request.step!, parametersOnly: false });
      yield { message: { $case: 'header', value: header } };
      for (const value of chunks) {
        change(value.elements);
        yield { message: { $case: 'chunk', value } };
      }
    },
  };
}

/** To heal from the coordinator's snapshot of step 2. */
export function snapshotOrder(parameterDigest: string) {
  const value = { step: 2, parameterDigest };
  return { generation: 1, step: 2, order: 1, source: { $case: 'snapshot' as const, value } };
}
