/**
 * How a run would scale to 64 workers: parts of a step measured here on one worker of one thread, the rest modelled.
 * `npm run bench:curve -- [--write]`, about two minutes.
 */
import { Command } from 'commander';
import { TrainingSchema } from '../core/config/schema.js';
import { type CurvePoint, curvePlot, curveReport } from './train/curve-report.js';
import { writeSection } from './train/documents.js';
import { lengthOf, linearShapes } from './train/flops.js';
import { machineLine } from './train/machine.js';
import { makeRows } from './train/make-rows.js';
import { median, WARM_UP_STEPS } from './train/measurement.js';
import { type Phases, trainTimes } from './train/prospect.js';
import { rowLengths } from './train/row-lengths.js';
import { LORA } from './train/settings.js';
import { SHAPES } from './train/shapes.js';
import { type Network, type Overhead, type StepParts, simulateStep, totalSeconds } from './train/simulated-step.js';
import { asScript } from './train/unfinished-folder.js';
import { makeWorkload, realisticRows, tokensOfSteps, type Workload } from './train/workload.js';

const SHAPE = '135m';
const STEPS = 3;
const WORKERS = [1, 2, 4, 8, 16, 32, 64];
const BATCHES = [32, 128, 512];
const MIB = 2 ** 20;
const PLOT = 'training-curve.svg';
const { microbatchTokens } = TrainingSchema.parse({});

/** What docs/performance.md has measured: our all-reduce on one machine is the most, and steps without arithmetic. */
const NETWORKS: readonly Network[] = [
  { name: '10 Gbit/s', mibPerSecond: 430, roundTripSeconds: 0.0005 },
  { name: '1 Gbit/s', mibPerSecond: 110, roundTripSeconds: 0.0005 },
];
const OVERHEAD: Overhead = { baseSeconds: 0.006, perWorkerSeconds: 0.00025 };

await asScript(async () => {
  const { write } = new Command('npm run bench:curve --')
    .option('--write', 'writes table and plot into docs/', false)
    .parse()
    .opts<{ write: boolean }>();
  const workload = await makeWorkload(SHAPE, SHAPES[SHAPE], realisticRows(STEPS));
  const parts = await measureParts(workload);
  const points: CurvePoint[] = [];
  for (const batch of BATCHES) {
    const lengths = (await rowLengths(workload.model, makeRows(batch))).map(lengthOf);
    for (const network of NETWORKS) {
      for (const workers of WORKERS) {
        const step = simulateStep(lengths, microbatchTokens, workers, parts, network, OVERHEAD);
        points.push({ batch, network: network.name, workers, ...step, seconds: totalSeconds(step) });
      }
    }
  }
  const body = curveReport(points, parts, machineLine(), PLOT);
  console.log(`\n${body}`);
  if (write) await writeSection({ name: 'training curve', body, plot: { file: PLOT, svg: await curvePlot(points) } });
});

/** LoRA, reference log-probs known. */
async function measureParts(workload: Workload): Promise<StepParts> {
  const [, known] = await trainTimes({ ...workload, method: 'lora', epochs: 1, workers: 1, threads: 1 }, 2);
  const tokens = tokensOfSteps(workload);
  const timed = known!.steps.map(({ phases }, step) => ({ phases, tokens: tokens[step]! })).slice(WARM_UP_STEPS);
  const secondsOf = (phases: Phases, names: readonly string[]) =>
    names.reduce((sum, name) => sum + (phases[name] ?? 0), 0);
  const shapes = linearShapes(workload.sizes);
  const adapter = shapes.reduce((sum, { inputs, outputs }) => sum + LORA.rank * (inputs + outputs), 0);
  return {
    secondsPerToken: median(
      timed.map(({ phases, tokens }) => secondsOf(phases, ['reference_point', 'gradients']) / tokens),
    ),
    updateSeconds: median(timed.map(({ phases }) => secondsOf(phases, ['update']))),
    gradientMib: (4 * workload.sizes.num_hidden_layers * adapter) / MIB,
  };
}
