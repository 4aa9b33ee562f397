/** Our engine's rate of matrix products, in a process of its own: `matmul-process.js SHAPES THREADS SECONDS ENGINE`, as matmul_rate.py. */
import * as tf from '@tensorflow/tfjs-core';
import { loadEngine } from '../../worker/engine/load.js';
import type { ProductShape } from './matmul-rate.js';

const [, , shapes, threads, seconds, engine] = process.argv;
await loadEngine(engine as 'tensorflow' | 'tensorflow-gpu', { threads: Number(threads) });
console.log(JSON.stringify((JSON.parse(shapes!) as ProductShape[]).map((shape) => bestGflops(shape, Number(seconds)))));

function bestGflops([m, k, n]: ProductShape, seconds: number): number {
  const [a, b] = [tf.randomNormal([m, k]) as tf.Tensor2D, tf.randomNormal([k, n]) as tf.Tensor2D];
  const end = performance.now() + seconds * 1000;
  let bestMs = Number.POSITIVE_INFINITY;
  while (performance.now() < end) {
    const start = performance.now();
    const product = tf.matMul(a, b);
    // A GPU has not computed it before it is read.
    if (engine === 'tensorflow-gpu') product.dataSync();
    bestMs = Math.min(bestMs, performance.now() - start);
    product.dispose();
  }
  tf.dispose([a, b]);
  return (2 * m * k * n) / bestMs / 1e6;
}
