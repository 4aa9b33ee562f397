/** Steps of a run as a test plays them to real workers: what is planned depends on the step alone, never on who is there. */
import type {
  CommitRecord,
  Member,
  Microbatch,
  ReducedReport,
  StepPlan,
} from '../../proto/gen/prospect/v1/coordinator.js';
import type { Compute } from '../../worker/compute/compute.js';
import { runWorker } from '../../worker/worker.js';
import { linearCompute } from './linear-compute.js';
import { modelFolder } from './parity-data.js';
import { testConfig } from './rows.js';
import type { ScriptedCoordinator, ScriptedSession } from './scripted-coordinator.js';
import { tensorsHere } from './tensors-here.js';

const LEAVES = 5;
const ROWS_OF_A_LEAF = 2;
const LEARNING_RATE = 0.1;
/** Real tiny models know so many tokens at least. */
const VOCABULARY = 500;

export interface StartedWorker {
  readonly id: string;
  /** Its whole life: undefined for a good end, otherwise the error. */
  readonly ended: Promise<unknown>;
  /** SIGTERM. */
  leave(): void;
  /** What it logged, as words. */
  readonly log: string[];
}

export function startWorker(id: string, address: string, compute: Compute = linearCompute()): StartedWorker {
  const leaving = new AbortController();
  const log: string[] = [];
  const write = (_: object, message: string) => void log.push(message);
  const life = runWorker({
    workerId: id,
    coordinators: [address],
    host: '127.0.0.1',
    security: {},
    connectDeadlineMs: 10_000,
    override: {},
    startCompute: () => compute,
    startTensors: tensorsHere,
    random: () => 0,
    log: { debug: write, info: write, warn: write },
    signal: leaving.signal,
  });
  const ended = life.then(
    () => undefined,
    (error: unknown) => error,
  );
  return { id, ended, leave: () => leaving.abort(), log };
}

/** Opens the session of a worker: Join, Welcome, Ready. */
export async function greet(coordinator: ScriptedCoordinator, workerId = 'a', incarnation = 1, waitSeconds = 30) {
  const session = await coordinator.session(workerId);
  welcome(session, incarnation, waitSeconds);
  return { session, ready: await session.next('ready') };
}

export function welcome(session: ScriptedSession, incarnation: number, waitSeconds = 30, runId = 'played'): void {
  const workers = { min: 1, max: 8, waitSeconds };
  const config = testConfig({ model: modelFolder('llama-lora'), engine: 'wasm', workers });
  session.send('welcome', { runId, configJson: JSON.stringify(config), incarnation });
}

export function membersOf(sessions: readonly ScriptedSession[]): Member[] {
  return sessions.map(({ join }, rank) => ({
    rank,
    workerId: join.workerId,
    peerAddress: join.peerAddress,
    session: rank + 1,
  }));
}

export function tellMembers(sessions: readonly ScriptedSession[], generation: number): void {
  const members = membersOf(sessions);
  for (const session of sessions) session.send('membership', { generation, members });
}

/** Rows of a step, in two microbatches of mismatched pairs and five leaves. */
export function planOf(step: number, generation: number, leaves = range(0, LEAVES), mismatched = [0, 1]): StepPlan {
  const microbatch = (number: number, offset: number): Microbatch => ({
    number,
    sequences: range(0, ROWS_OF_A_LEAF).map((i) => sequence(step * 100 + offset + number * ROWS_OF_A_LEAF + i)),
  });
  return {
    generation,
    step,
    attempt: 0,
    mismatched: mismatched.map((number) => microbatch(number, 50)),
    matched: leaves.map((number) => microbatch(number, 0)),
    audited: [],
    discarded: [],
    leafCount: LEAVES,
    sftScale: 1,
  };
}

export interface PlayedStep {
  readonly record: CommitRecord;
  readonly parameterDigest: string;
}

/** A whole step: every worker gets its share and all must agree. */
export async function playStep(
  sessions: readonly ScriptedSession[],
  step: number,
  generation: number,
): Promise<PlayedStep> {
  await computeStep(sessions, step, generation);
  const record = recordOf(await reduceStep(sessions, step, generation), step);
  return { record, parameterDigest: await commitStep(sessions, record, generation) };
}

export async function computeStep(sessions: readonly ScriptedSession[], step: number, generation: number) {
  const shares = sharesOf(sessions.length);
  for (const [rank, session] of sessions.entries()) {
    session.send('stepPlan', planOf(step, generation, shares[rank], rank === 0 ? [0, 1] : []));
  }
  await Promise.all([sessions[0]!.next('mismatchedReport'), sessions[0]!.next('mismatchedReport')]);
  for (const session of sessions) session.send('referencePoint', { generation, step, attempt: 0, z0: z0Of(step) });
  const reports = sessions.flatMap((session, rank) => shares[rank]!.map(() => session.next('leafReport')));
  return Promise.all(reports);
}

export async function reduceStep(
  sessions: readonly ScriptedSession[],
  step: number,
  generation: number,
  shares: readonly (readonly number[])[] = sharesOf(sessions.length),
): Promise<ReducedReport> {
  orderReduction(sessions, step, generation, shares);
  const reports = await Promise.all(sessions.map((session) => session.next('reducedReport')));
  if (new Set(reports.map(({ digest }) => digest)).size !== 1) throw new Error('workers reduced different gradients');
  return reports[0]!;
}

export function orderReduction(
  sessions: readonly ScriptedSession[],
  step: number,
  generation: number,
  shares: readonly (readonly number[])[] = sharesOf(sessions.length),
): void {
  const holdings = shares.map((leaves) => ({ ranges: leaves.map((leaf) => ({ start: leaf, end: leaf + 1 })) }));
  const exampleCount = LEAVES * ROWS_OF_A_LEAF;
  for (const session of sessions) {
    session.send('reduce', { generation, step, attempt: 0, leafCount: LEAVES, exampleCount, holdings });
  }
}

export function recordOf({ digest, norm }: Pick<ReducedReport, 'digest' | 'norm'>, step: number): CommitRecord {
  const skipped = !Number.isFinite(norm);
  return { step, attempt: 0, z0: z0Of(step), gradientDigest: digest, norm, learningRate: LEARNING_RATE, skipped };
}

/** @returns the digest of everybody's parameters. */
export async function commitStep(sessions: readonly ScriptedSession[], record: CommitRecord, generation: number) {
  for (const session of sessions) session.send('commit', { generation, record });
  const reports = await Promise.all(sessions.map((session) => session.next('appliedReport')));
  if (new Set(reports.map(({ parameterDigest }) => parameterDigest)).size !== 1) throw new Error('parameters differ');
  return reports[0]!.parameterDigest;
}

export function z0Of(step: number): number {
  return step / 100;
}

/** Contiguous shares of the leaves. */
function sharesOf(workers: number): number[][] {
  const at = (rank: number) => Math.floor((rank * LEAVES) / workers);
  return range(0, workers).map((rank) => range(at(rank), at(rank + 1)));
}

function sequence(row: number) {
  const tokenIds = Uint32Array.from({ length: 4 + (row % 3) }, (_, i) => (row * 7 + i * i) % VOCABULARY);
  return {
    row,
    tokenIds: Buffer.from(tokenIds.buffer),
    promptLength: 1 + (row % 2),
    desirable: row % 3 !== 0,
    referenceLogp: undefined,
  };
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}
