/**
 * The layouts that give other KTO trainers different reference points, losses and margins for the same eight rows
 * (workers x rows of a microbatch): here they are one and the same.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prospect } from '../support/prospect.js';
import { readMetrics } from '../support/read-metrics.js';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';

interface Layout {
  readonly workers: number;
  /** Most rows of a microbatch. */
  readonly rows: number;
}

/** The five of the comparison with other trainers, then one more worker count for four rows. */
const LAYOUTS: readonly Layout[] = [
  { workers: 1, rows: 8 },
  { workers: 2, rows: 4 },
  { workers: 4, rows: 2 },
  { workers: 1, rows: 2 },
  { workers: 8, rows: 1 },
  { workers: 1, rows: 4 },
];

/** On a busy machine. */
const RUNS_MS = 300_000;
const STEPS = 3;
/**
 * The first step's reference point is 0 and the second's is not. From then on, differences of float32 rounding (a few
 * 1e-7 in a z0 from log-probs of some hundred nats) go through the optimizer and grow.
 */
const COMPARED_STEPS = 2;
/** Small enough that weights from different microbatches agree while we look. */
const LEARNING_RATE = { lora: 2e-4, full: 5e-6 };

let run: RunFolder;

beforeAll(async () => {
  run = await createRunFolder();
});
afterAll(() => run.remove());

interface StepResult {
  readonly loss: number;
  readonly gradNorm: number;
  /** The reference point before and after its clamp at 0. */
  readonly rawZ0: number;
  readonly z0: number;
}

async function stepsOf({ workers, rows }: Layout, method: 'lora' | 'full'): Promise<StepResult[]> {
  const output = join(run.folder, `${method}-${workers}x${rows}`);
  const settings = [
    `method=${method}`,
    `workers=${workers}`,
    `output=${output}`,
    `training.microbatchRows=${rows}`,
    'training.microbatchTokens=4096',
    `training.learningRate=${LEARNING_RATE[method]}`,
    `training.maxSteps=${STEPS}`,
    'data.heldOut=0',
  ];
  const flags = settings.flatMap((setting) => ['--set', setting]);
  const { exitCode, stderr } = await prospect(['train', run.config, ...flags], run.environment);
  expect(exitCode, stderr).toBe(0);
  const steps = await readMetrics(output);
  return steps.map((step) => ({
    loss: step.loss!,
    gradNorm: step.grad_norm!,
    rawZ0: step['kl/raw']!,
    z0: step.kl!,
  }));
}

test.each(['lora', 'full'] as const)(
  '%s: layouts give one z0, loss and gradient norm: to the bit for equal microbatches, to 1e-6 for others',
  async (method) => {
    const results = [];
    for (const layout of LAYOUTS) results.push({ layout, steps: await stepsOf(layout, method) });
    const expected = results[0]!.steps;
    expect(expected.map(({ rawZ0 }) => rawZ0 > 0)).toEqual([false, true, true]);
    for (const { layout, steps } of results) {
      const alike = results.find((other) => other.layout.rows === layout.rows)!;
      expect(steps, nameOf(layout)).toEqual(alike.steps);
      const [compared, first] = [steps, expected].map((all) => all.slice(0, COMPARED_STEPS));
      expect(farthestApart(compared!, first!), nameOf(layout)).toBeLessThan(1e-6);
    }
  },
  RUNS_MS,
);

/** The largest difference in any value of any step. */
function farthestApart(steps: readonly StepResult[], others: readonly StepResult[]): number {
  const valuesOf = (all: readonly StepResult[]) => all.flatMap((step) => Object.values(step) as number[]);
  const [values, otherValues] = [valuesOf(steps), valuesOf(others)];
  expect(values.length).toBe(otherValues.length);
  return Math.max(...values.map((value, i) => Math.abs(value - otherValues[i]!)));
}

function nameOf({ workers, rows }: Layout): string {
  return `${workers} workers, ${rows} rows`;
}
