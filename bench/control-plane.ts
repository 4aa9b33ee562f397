/**
 * What a step costs beside its arithmetic: a real coordinator (rows, plans, metrics, journal with sync) and many workers
 * over real gRPC sessions that answer at once. `npm run bench:control-plane -- [WORKERS,WORKERS,…] [ROUNDS] [STEPS]`; with
 * 64 workers the p99 must stay under 20 ms on 2 cores.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CoordinatorNews, Measured } from './control-plane/messages.js';

const WORKERS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000];
const STEPS = 300;
/** Beyond it fewer steps, as many as take a comparable time. */
const MOST_WORKERS_OF_A_RUN = 64;
const FEWEST_STEPS = 20;
/** Compilers have seen everything by then. */
const WARM_UP_SHARE = 1 / 3;
const SESSIONS_OF_A_PROCESS = 256;

const counts = process.argv[2]?.split(',').map(Number) ?? WORKERS;
const rounds = Number(process.argv[3] ?? 1);
const mostSteps = Number(process.argv[4] ?? STEPS);
const rows = [];
for (let round = 0; round < rounds; round++) {
  for (const workers of counts) {
    const row = rowOf(workers, await measure(workers));
    rows.push(row);
    console.log(JSON.stringify(row));
  }
}
console.table(rows);

async function measure(workers: number): Promise<Measured> {
  const share = Math.min(1, MOST_WORKERS_OF_A_RUN / workers);
  const steps = Math.max(Math.min(FEWEST_STEPS, mostSteps), Math.round(mostSteps * share));
  const warmUpSteps = Math.ceil(steps * WARM_UP_SHARE);
  const folder = await mkdtemp(join(tmpdir(), 'prospect-bench-'));
  const children: ChildProcess[] = [];
  const start = (script: string, values: readonly (string | number)[]) => {
    const child = fork(new URL(`./control-plane/${script}`, import.meta.url), values.map(String));
    children.push(child);
    return child;
  };
  try {
    const coordinator = start('coordinator-process.js', [folder, workers, warmUpSteps, steps]);
    const { address } = await news(coordinator, 'started');
    for (let first = 0; first < workers; first += SESSIONS_OF_A_PROCESS) {
      start('worker-process.js', [address, first, Math.min(SESSIONS_OF_A_PROCESS, workers - first)]);
    }
    return await news(coordinator, 'measured');
  } finally {
    for (const child of children) child.disconnect();
    await rm(folder, { recursive: true });
  }
}

function news<Kind extends CoordinatorNews['kind']>(
  coordinator: ChildProcess,
  kind: Kind,
): Promise<Extract<CoordinatorNews, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    coordinator.on('message', (message: CoordinatorNews) => {
      if (message.kind === kind) resolve(message as Extract<CoordinatorNews, { kind: Kind }>);
    });
    coordinator.once('exit', (code) => reject(new Error(`the coordinator ended with exit code ${code}`)));
  });
}

function rowOf(workers: number, { stepMs, journalMs, phaseMs, cpuMs }: Measured) {
  const withoutJournal = stepMs.map((ms, step) => ms - journalMs[step]!);
  return {
    workers,
    steps: stepMs.length,
    'p50 ms': rounded(percentile(stepMs, 0.5)),
    'p99 ms': rounded(percentile(stepMs, 0.99)),
    'journal p50 ms': rounded(percentile(journalMs, 0.5)),
    'journal p99 ms': rounded(percentile(journalMs, 0.99)),
    'rest p50 ms': rounded(percentile(withoutJournal, 0.5)),
    'rest p99 ms': rounded(percentile(withoutJournal, 0.99)),
    'CPU ms': rounded(cpuMs),
    phases: Object.entries(phaseMs)
      .map(([phase, ms]) => `${phase} ${rounded(ms)}`)
      .join(', '),
    load: rounded(loadavg()[0]!),
  };
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1]!;
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
