/** Models that cannot be used: file and tensor are named, with what to do, and nothing is written. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyModel, type DamagedModel } from '../support/damaged-model.js';
import { failedRun, RECORDS_AT_START } from '../support/failed-run.js';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';

interface Damage {
  readonly what: string;
  readonly damage: (model: DamagedModel) => Promise<void>;
  /** Pieces of the message. */
  readonly told: (model: DamagedModel) => string[];
}

const NORM = 'model.layers.1.input_layernorm.weight';
/** A made-up length, far over the file's but not absurd. */
const CLAIMED_BYTES = 1_000_000;

const DAMAGES: Damage[] = [
  {
    what: 'a missing tokenizer',
    damage: (model) => model.removeTokenizer(),
    told: ({ folder }) => [`${folder}/tokenizer.json: no such file`, 'AutoTokenizer'],
  },
  {
    what: 'a truncated safetensors file',
    damage: (model) => model.editWeights(({ bytes }) => bytes.subarray(0, bytes.length - 1000)),
    told: ({ weights }) => [weights, 'it is cut off', 'Fetch or write the file again'],
  },
  {
    what: 'a header that claims more than the file holds',
    damage: (model) => model.editWeights(({ bytes }) => void bytes.writeBigUInt64LE(BigInt(CLAIMED_BYTES))),
    told: ({ weights }) => [`${weights} claims a header of ${CLAIMED_BYTES} bytes but the file holds`, 'again'],
  },
  {
    what: 'a weight that is not a number',
    damage: (model) =>
      model.editWeights(({ bytes, positionOf }) => void bytes.writeFloatLE(Number.NaN, positionOf(NORM) + 4 * 3)),
    told: ({ weights }) => [`${weights}: tensor ${NORM} holds NaN at element 3`, 'Fetch it again'],
  },
  {
    what: 'another architecture',
    damage: (model) => model.setConfig({ model_type: 'mamba' }),
    told: ({ config }) => [`${config}: model_type mamba is not supported`, 'llama, mistral, qwen2, qwen3, gpt2'],
  },
  {
    what: 'a missing tensor',
    damage: (model) => model.setConfig({ num_hidden_layers: 3 }),
    told: ({ folder }) => [`${folder} lacks tensor model.layers.2.`, 'Fetch config.json and the weights'],
  },
  {
    what: 'a wrong shape',
    damage: (model) => model.setConfig({ intermediate_size: 100 }),
    told: ({ weights }) => [
      `${weights}: tensor model.layers.0.mlp.gate_proj.weight has shape [96, 48]; config.json calls for [100, 48]`,
      'Fetch config.json and the weights',
    ],
  },
];

let run: RunFolder;

beforeAll(async () => {
  run = await createRunFolder();
});
afterAll(() => run.remove());

test.each(DAMAGES)('$what', async ({ damage, told }) => {
  const model = await copyModel(run);
  await damage(model);
  const { exitCode, report, left } = await failedRun(run, [`model=${model.folder}`]);
  expect(exitCode).toBe(4);
  expect(report).toMatch(/^error \(MODEL_INVALID\): /);
  for (const piece of told(model)) expect(report).toContain(piece);
  expect(RECORDS_AT_START).toEqual(expect.arrayContaining(left));
});

test('two workers with the same damaged model: one error, not three', async () => {
  const model = await copyModel(run);
  await model.setConfig({ model_type: 'mamba' });
  const { exitCode, report } = await failedRun(run, [`model=${model.folder}`, 'workers=2']);
  expect(exitCode).toBe(4);
  expect(report).toContain('worker-');
});
