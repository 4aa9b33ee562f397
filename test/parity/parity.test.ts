/** Training runs against the values of an independent trainer, on every engine and with one and two workers. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { openCheckpoint } from '../../worker/model/checkpoint.js';
import { ENGINES, type TestedEngine } from '../support/engines.js';
import { modelFolder, PARITY_CASES, PARITY_DATA, type ParityCase } from '../support/parity-data.js';
import { prospect } from '../support/prospect.js';
import { configOf, type Expected, type ExpectedStep, readExpected } from './cases.js';

const COMPARED = [
  'loss',
  'kl',
  'grad_norm',
  'rewards/chosen',
  'rewards/rejected',
  'rewards/margins',
  'logps/chosen',
  'logps/rejected',
  'entropy',
  'learning_rate',
  'num_tokens',
];
/** The bar of test/parity/data/README.md. */
const FIRST_STEP = { relative: 1e-5, absolute: 1e-5 };
const EVERY_STEP = { relative: 3e-3, absolute: 5e-4 };
const FINAL_WEIGHTS: Partial<Record<ParityCase, number>> = { 'gpt2-full': 5e-3 };
const FINAL_WEIGHTS_OTHERS = 1e-3;
/** Two runs on a busy machine. */
const CASE_TIMEOUT_MS = 240_000;

const folder = mkdtempSync(join(tmpdir(), 'prospect-parity-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(ENGINES)('on %s', (engine) => {
  it.each(PARITY_CASES)(
    '%s agrees with the reference trainer, with one and with two workers',
    async (name) => {
      const expected = readExpected(name);
      const one = await train(name, expected, engine, 1);
      const two = await train(name, expected, engine, 2);
      expect(two.sha256).toBe(one.sha256);
      expect(one.steps).toHaveLength(expected.steps.length);
      expected.steps.forEach((step, i) => {
        compareStep(step, one.steps[i]!, i === 0 ? FIRST_STEP : EVERY_STEP);
      });
      expect(weightsDistance(name, expected, one.folder)).toBeLessThan(FINAL_WEIGHTS[name] ?? FINAL_WEIGHTS_OTHERS);
    },
    CASE_TIMEOUT_MS,
  );
});

interface Trained {
  readonly folder: string;
  readonly sha256: string;
  readonly steps: ExpectedStep[];
}

async function train(name: ParityCase, expected: Expected, engine: TestedEngine, workers: number): Promise<Trained> {
  const output = join(folder, `${name}-${engine}-${workers}`);
  const file = `${output}.yaml`;
  writeFileSync(file, stringify(configOf(name, expected, output)));
  const { exitCode, stdout, stderr } = await prospect([
    'train',
    file,
    '--json',
    '--workers',
    `${workers}`,
    '--set',
    `engine=${engine}`,
  ]);
  expect(exitCode, stderr).toBe(0);
  const lines = readFileSync(join(output, 'metrics.jsonl'), 'utf8').trim().split('\n');
  return { ...JSON.parse(stdout), steps: lines.map((line) => JSON.parse(line)) };
}

function compareStep(expected: ExpectedStep, actual: ExpectedStep, bar: { relative: number; absolute: number }): void {
  for (const metric of COMPARED) {
    const [want, got] = [expected[metric]!, actual[metric]!];
    const allowed = Math.max(bar.absolute, bar.relative * Math.abs(want));
    expect(Math.abs(got - want), `step ${expected.step}, ${metric}: ${got} instead of ${want}`).toBeLessThanOrEqual(
      allowed,
    );
  }
}

/** Norm of the difference over norm of the change from the start. */
function weightsDistance(name: ParityCase, { lora }: Expected, trained: string): number {
  const file = lora === null ? 'model.safetensors' : 'adapter_model.safetensors';
  const startFolder = lora === null ? modelFolder(name) : join(PARITY_DATA, name, 'adapter-init');
  const finalFolder = join(PARITY_DATA, name, lora === null ? 'model-final' : 'adapter-final');
  const [start, final, ours] = [startFolder, finalFolder, trained].map((place) => openCheckpoint(place, file)) as [
    Checkpoint,
    Checkpoint,
    Checkpoint,
  ];
  let [difference, change] = [0, 0];
  for (const tensor of final.names) {
    const shape = final.shapeOf(tensor)!;
    const [before, want, got] = [start, final, ours].map((checkpoint) => checkpoint.read(tensor, shape)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    want.forEach((value, i) => {
      difference += (got[i]! - value) ** 2;
      change += (value - before[i]!) ** 2;
    });
  }
  for (const checkpoint of [start, final, ours]) checkpoint.close();
  return Math.sqrt(difference / change);
}

type Checkpoint = ReturnType<typeof openCheckpoint>;
