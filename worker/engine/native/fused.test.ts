import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { cacheFolder } from '../../../core/cache-folder.js';
import { ENGINES } from '../../../test/support/engines.js';
import { engineEnvironment } from '../environment.js';
import { CORE_SYMBOL } from './assemble.js';
import { FUSED_ADDON } from './compile.js';
import { locateNativeEngines } from './locate.js';
import { runCommand } from './run-command.js';

/** Run as `node -e DIGEST corePath entry`: prints a digest of what every native operation makes of the same inputs. */
const DIGEST = `
const [core, entry] = process.argv.slice(1);
const tf = (globalThis[Symbol.for('${CORE_SYMBOL}')] = require(core));
require(entry);
const addon = require(require('node:path').join(require('node:path').dirname(entry), 'lib', '${FUSED_ADDON}'));
const backend = tf.backend();
const hash = require('node:crypto').createHash('sha256');
const number = (name, value) => ({ name, type: backend.binding.TF_ATTR_FLOAT, value });
const integer = (name, value) => ({ name, type: backend.binding.TF_ATTR_INT, value });
const run = (name, attributes, inputs, outputs = 1) => {
  for (const made of backend.executeMultipleOutputs('Prospect' + name, attributes, inputs, outputs)) {
    hash.update(new Uint8Array(made.dataSync().buffer));
  }
};
const values = (shape, frequency, range) =>
  tf.tensor(Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => range * Math.sin(frequency * i * i)), shape);
const [a, b, c] = [1, 2, 3].map((seed) => values([150, 583], seed, 9));
const weight = values([583], 4, 1);
const epsilon = [number('epsilon', 1e-5)];
run('RmsNorm', epsilon, [a, weight]);
run('RmsNormGradient', epsilon, [a, weight, b]);
run('RmsNormWeightGradient', epsilon, [a, b]);
run('SwiGlu', [], [a, b]);
run('SwiGluGradient', [], [a, b, c], 2);
const [cos, sin] = [5, 6].map((seed) => values([150, 32], seed, 1));
run('Rotary', [integer('direction', -1)], [values([150, 9, 64], 7, 3), cos, sin]);
const to = tf.tensor2d(Int32Array.from({ length: 50 }, (_, i) => 534 + i), [1, 50], 'int32');
run('VisibleSoftmax', [number('scale', 0.3)], [tf.reshape(a, [1, 150, 583]), tf.zerosLike(to), to]);
run('SoftmaxGradient', [number('scale', 0.3)], [a, b]);
const targets = tf.tensor1d(Int32Array.from({ length: 150 }, (_, i) => i), 'int32');
run('LogitScores', [], [a, targets]);
run('LogitSlopes', [], [a, targets]);
const [parameters, first, second, gradient] = [8, 9, 10, 11].map((seed) =>
  Float32Array.from({ length: 200003 }, (_, i) => Math.abs(Math.sin(seed * i * i)) * (i % 7 === 0 ? 1e-40 : 1)));
addon.adamw(parameters, first, second, gradient, Float64Array.of(0.5, 0.9, 0.999, 1e-3, 0.1, 1e-8, 0.99));
addon.add(gradient, first);
addon.take(gradient);
backend.executeMultipleOutputs('ProspectStore', [integer('offset', 3), integer('adds', 1)], [a], 0);
for (const array of [parameters, first, second, gradient]) hash.update(new Uint8Array(array.buffer));
hash.update(String(addon.sumOfSquares(parameters)));
if (addon.products && process.env.PRODUCTS) {
  const flags = (a, b) => [integer('transpose_a', a), integer('transpose_b', b)];
  run('Product', flags(0, 1), [a, b]);
  run('Product', flags(1, 0), [a, b]);
  const [low, high] = [values([7, 583], 8, 1), values([150, 7], 9, 1)];
  const adapted = [integer('layers', 1), number('scale', 0.5), integer('out_in', 1)];
  run('Adapted', adapted, [a, b, low, high]);
  run('AdaptedGradient', adapted, [a, values([150, 150], 10, 1), b, low, high], 3);
  const heads = [11, 12, 13, 14].map((seed) => values([150, 3, 40], seed, 3));
  const spans = tf.tensor2d(Int32Array.of(0, 90, 0, 0, 90, 60, 0, 0), [2, 4], 'int32');
  const where = [integer('window', 50), integer('earlier_rows', 0)];
  run('Attention', where, [...heads.slice(0, 3), spans]);
  run('AttentionGradient', where.slice(0, 1), [...heads.slice(0, 3), spans, heads[3]], 3);
}
console.log(hash.digest('hex'));
`;

interface Setting {
  readonly threads: number;
  /** The widest where unset. */
  readonly PROSPECT_FUSED_LOOPS?: string;
  /** Products and attention too, where the processor has what they need. */
  readonly PRODUCTS?: string;
}

async function digestWith({ threads, ...variables }: Setting): Promise<string> {
  const core = createRequire(import.meta.url).resolve('@tensorflow/tfjs-core');
  const { entry } = locateNativeEngines('tensorflow', cacheFolder())[0]!;
  const env = { ...engineEnvironment(threads), ...variables };
  const result = await runCommand(process.execPath, ['-e', DIGEST, core, entry], { env, timeoutMs: 60_000 });
  expect(result.ok, result.stderr).toBe(true);
  return result.stdout.trim();
}

async function expectEqualDigests(settings: readonly Setting[]): Promise<void> {
  const digests: string[] = [];
  for (const setting of settings) digests.push(await digestWith(setting));
  expect(digests[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set(digests).size).toBe(1);
}

describe.runIf(ENGINES.includes('tensorflow'))('fused operations give the same bits', () => {
  it('for every thread count and vector unit', async () => {
    const oneByOne = [1, 2, 5].map((threads) => ({ threads, PROSPECT_FUSED_LOOPS: 'any' }));
    const wider = ['avx2', 'avx512'].map((loops) => ({ threads: 2, PROSPECT_FUSED_LOOPS: loops }));
    await expectEqualDigests([...oneByOne, ...wider]);
  });

  it('products and attention too, where the processor has fused multiply-adds', async () => {
    const widest = [1, 2, 5].map((threads) => ({ threads, PRODUCTS: 'yes' }));
    await expectEqualDigests([...widest, { threads: 2, PROSPECT_FUSED_LOOPS: 'avx2', PRODUCTS: 'yes' }]);
  });
});
