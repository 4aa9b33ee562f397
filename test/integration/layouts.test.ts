/**
 * The layouts that give other KTO trainers different reference points, losses and margins for the same eight rows
 * (workers x rows of a microbatch): here they are one and the same.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prospect } from '../support/prospect.js';
import { readMetrics } from '../support/read-metrics.js';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';

const LAYOUTS = [
  { workers: 1, rows: 8 },
  { workers: 2, rows: 4 },
  { workers: 4, rows: 2 },
  { workers: 1, rows: 2 },
  { workers: 8, rows: 1 },
];

/** On a busy machine. */
const FIVE_RUNS_MS = 300_000;

let run: RunFolder;

beforeAll(async () => {
  run = await createRunFolder();
});
afterAll(() => run.remove());

async function stepsOf({ workers, rows }: (typeof LAYOUTS)[number]) {
  const output = `${run.folder}/${workers}x${rows}`;
  const settings = [
    `workers=${workers}`,
    `output=${output}`,
    `training.microbatchRows=${rows}`,
    'training.microbatchTokens=4096',
    'training.learningRate=2e-4',
    'data.heldOut=0',
  ];
  const flags = settings.flatMap((setting) => ['--set', setting]);
  const { exitCode, stderr } = await prospect(['train', run.config, ...flags], run.environment);
  expect(exitCode, stderr).toBe(0);
  const steps = await readMetrics(output);
  return steps.map((step) => ({
    loss: step.loss!,
    gradNorm: step.grad_norm!,
    z0: step['kl/raw']!,
  }));
}

test(
  'five layouts give one z0, loss and gradient norm: to the bit for equal microbatches, to 1e-6 for others',
  async () => {
    const results = [];
    for (const layout of LAYOUTS) results.push({ layout, steps: await stepsOf(layout) });
    const expected = results[0]!.steps;
    expect(expected.map(({ z0 }) => z0 > 0)).toEqual([false, true, true]);
    for (const { steps } of results) {
      for (const [i, { loss, gradNorm, z0 }] of steps.entries()) {
        expect(Math.abs(loss - expected[i]!.loss)).toBeLessThan(1e-6);
        expect(Math.abs(gradNorm - expected[i]!.gradNorm)).toBeLessThan(1e-6);
        expect(Math.abs(z0 - expected[i]!.z0)).toBeLessThan(1e-6);
      }
    }
    const equal = results.filter(({ layout }) => layout.rows === 2);
    expect(equal[1]!.steps).toEqual(equal[0]!.steps);
  },
  FIVE_RUNS_MS,
);
