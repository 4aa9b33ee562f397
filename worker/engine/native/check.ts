/**
 * Checks a native engine in a child process, since an addon that does not fit this machine can take its process down:
 * TensorFlow's version, a product, a gradient, a fused operation where there are some, and the same in a worker thread,
 * where training runs.
 */

import { createRequire } from 'node:module';
import { CORE_SYMBOL } from './assemble.js';
import { FUSED_ADDON } from './compile.js';
import { lastWords, runCommand } from './run-command.js';

export interface CheckedEngine {
  readonly works: true;
  /** TensorFlow's. */
  readonly version: string;
  /** Whether it runs on a GPU. */
  readonly gpu: boolean;
}

export interface BrokenEngine {
  readonly works: false;
  readonly why: string;
}

const CHECK_TIMEOUT_MS = 120_000;
const ANSWER = 'prospect-check:';

/**
 * Run as `node -e CHECK corePath entry`, and again in a worker thread of that process. The gradient is written out,
 * since tfjs-core by itself knows none.
 */
const CHECK = `
const { existsSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { Worker, isMainThread, workerData } = require('node:worker_threads');
const [core, entry] = isMainThread ? process.argv.slice(1) : workerData;
const tf = (globalThis[Symbol.for('${CORE_SYMBOL}')] = require(core));
require(entry);
const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
const product = tf.matMul(a, a).dataSync().join();
const sumOfSquare = tf.customGrad((x, save) => {
  save([x]);
  const back = (dy, [x]) => {
    const upstream = tf.mul(dy, tf.ones([2, 2]));
    return tf.add(tf.matMul(upstream, x, false, true), tf.matMul(x, upstream, true, false));
  };
  return { value: tf.sum(tf.matMul(x, x)), gradFunc: back };
});
const gradient = tf.grad((x) => sumOfSquare(x))(a).dataSync().join();
if (product !== '7,10,15,22') throw new Error('a product is wrong: ' + product);
if (gradient !== '7,11,9,13') throw new Error('a gradient is wrong: ' + gradient);
const fused = join(dirname(entry), 'lib', '${FUSED_ADDON}');
if (existsSync(fused)) {
  require(fused);
  const b = tf.tensor2d([0, 0, 1, -1], [2, 2]);
  const gated = tf.backend().executeSingleOutput('ProspectSwiGlu', [], [b, a]).dataSync();
  const expected = [0, 0, 3 / (1 + Math.exp(-1)), -4 / (1 + Math.exp(1))];
  if (!expected.every((value, i) => Math.abs(value - gated[i]) < 1e-6)) throw new Error('a fused operation is wrong: ' + gated);
}
if (isMainThread) {
  const { binding, isUsingGpuDevice } = tf.backend();
  const answer = JSON.stringify({ works: true, version: binding.TF_Version, gpu: isUsingGpuDevice });
  const worker = new Worker(CHECK_SOURCE, { eval: true, workerData: [core, entry] });
  worker.on('error', (error) => { throw error; });
  worker.on('exit', (code) => { if (code === 0) console.log('${ANSWER}' + answer); });
}
`;

export async function checkNativeEngine(entry: string): Promise<CheckedEngine | BrokenEngine> {
  const core = createRequire(import.meta.url).resolve('@tensorflow/tfjs-core');
  const source = `const CHECK_SOURCE = ${JSON.stringify(CHECK)};\n${CHECK}`;
  const result = await runCommand(process.execPath, ['-e', source, core, entry], {
    env: { TF_CPP_MIN_LOG_LEVEL: '2', TF_FORCE_GPU_ALLOW_GROWTH: 'true' },
    timeoutMs: CHECK_TIMEOUT_MS,
  });
  const answer = result.stdout.split('\n').find((line) => line.startsWith(ANSWER));
  if (answer !== undefined && result.ok) return JSON.parse(answer.slice(ANSWER.length)) as CheckedEngine;
  return { works: false, why: firstError(result.stderr) ?? lastWords(result) };
}

/** The line that names the error among a stack trace's. */
export function firstError(stderr: string): string | undefined {
  return stderr.split('\n').find((line) => /^(\w*Error|Uncaught .*): /.test(line));
}
