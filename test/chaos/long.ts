/**
 * Chaos for as long as one likes: `npm run chaos -- --minutes 30`. Runs with a fault about every 20 s (`--every`), one after
 * the other, each compared with the undisturbed run; at the end a table of what the faults cost.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { randomFrom } from '../../core/order/mix.js';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';
import { type Cluster, createCluster } from './cluster.js';
import { type Crew, FAULT_KINDS, type InjectedFault, inject, LEAST_WORKERS, startOne } from './injected-fault.js';
import { type Outcome, outcomeOf } from './outcome.js';
import { type ChaosResult, reportLines } from './report.js';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '400' },
    every: { type: 'string', default: '20' },
  },
});

/** Faults come after a random time around this. */
const FAULT_EVERY_MS = 1000 * Number(options.every);

process.exitCode = await main();

async function main(): Promise<number> {
  const folder = await createRunFolder();
  const random = randomFrom(Number(options.seed));
  try {
    const calm = await trainOnce(folder, 'undisturbed', async () => []);
    const results: ChaosResult[] = [];
    const untilMs = Date.now() + Number(options.minutes) * 60_000;
    while (Date.now() < untilMs) {
      const result = await trainOnce(folder, `run-${results.length}`, (cluster, crew) => haunt(cluster, crew, random));
      results.push(result);
      console.log(
        `run ${results.length}: ${result.faults.length} faults, SHA-256 ${result.outcome.sha256.slice(0, 12)}`,
      );
    }
    const report = reportLines(calm, results);
    console.log(report.lines.join('\n'));
    return report.isClean ? 0 : 1;
  } finally {
    await folder.remove();
  }
}

async function trainOnce(
  run: RunFolder,
  name: string,
  faultsOf: (cluster: Cluster, crew: Crew) => Promise<InjectedFault[]>,
): Promise<ChaosResult> {
  const output = join(run.folder, name);
  const settings = [
    `training.maxSteps=${options.steps}`,
    'training.epochs=1000',
    'data.heldOut=0',
    'snapshots.everyMinutes=0.25',
    `workers=${LEAST_WORKERS}`,
    'logLevel=info',
  ];
  const cluster = await createCluster({ run, output, settings });
  const crew: Crew = { names: [], started: 0 };
  try {
    cluster.startCoordinator();
    while (crew.names.length < LEAST_WORKERS) startOne(cluster, crew);
    const faults = await faultsOf(cluster, crew);
    const code = await cluster.coordinator().ended();
    if (code !== 0) throw new Error(`the run ended with ${code}: ${cluster.coordinator().stderr().slice(-2000)}`);
    const outcome: Outcome = await outcomeOf(output);
    return { outcome, faults, log: cluster.log(), stepTimesMs: cluster.stepTimesMs() };
  } finally {
    await cluster.close();
  }
}

/** Faults until the run ends. */
async function haunt(cluster: Cluster, crew: Crew, random: () => number): Promise<InjectedFault[]> {
  const faults: InjectedFault[] = [];
  for (;;) {
    const pause = new Promise((resolve) => setTimeout(resolve, FAULT_EVERY_MS * (0.5 + random())));
    const isOver = await Promise.race([
      pause.then(() => false),
      cluster
        .coordinator()
        .ended()
        .then(() => true),
    ]);
    if (isOver) return faults;
    const kind = FAULT_KINDS[Math.floor(random() * FAULT_KINDS.length)]!;
    faults.push(await inject(kind, cluster, crew, random()));
  }
}
