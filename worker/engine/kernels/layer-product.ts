/**
 * The matrix products of linear layers, nearly all of the work, in the precision that the run asks for. Everything else
 * (attention, norms, the head, adapters, the optimizer) stays in float32.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../../../core/config/schema.js';
import { ProspectError } from '../../../core/errors.js';
import { bfloat16MatMul } from '../native/bfloat16.js';
import { matMul, type Transposes } from './matmul.js';

type Precision = RunConfig['precision'];

let current: Precision = 'float32';

/** Of this thread's products from now on. @throws ENGINE_UNAVAILABLE where the engine cannot. */
export function usePrecision(precision: Precision): void {
  if (precision === 'bfloat16' && tf.getBackend() !== 'tensorflow') {
    throw new ProspectError(
      'ENGINE_UNAVAILABLE',
      `precision: bfloat16 needs a native engine, and this worker's is ${tf.getBackend()}. Run prospect setup, or set precision: float32.`,
    );
  }
  current = precision;
}

/** a [m, k] times b [k, p] → [m, p], float32; flags say which operand is stored the other way round. */
export function layerProduct(a: tf.Tensor, b: tf.Tensor, transposes: Transposes = {}): tf.Tensor2D {
  return current === 'bfloat16' ? bfloat16MatMul(a, b, transposes) : matMul(a, b, transposes);
}

/** Whether they are computed in the precision of everything else. */
export function layerProductsAreFloat32(): boolean {
  return current === 'float32';
}

const PROBE_SHAPE: [number, number] = [512, 512];
const PROBE_ROUNDS = 5;

/** How much faster bfloat16 products are on this machine; below 1 they are slower. */
export function bfloat16Gain(): number {
  return tf.tidy(() => {
    const [a, b] = [tf.ones(PROBE_SHAPE), tf.ones(PROBE_SHAPE)];
    return fastestMs(() => matMul(a, b)) / fastestMs(() => bfloat16MatMul(a, b, {}));
  });
}

function fastestMs(compute: () => tf.Tensor): number {
  const times = Array.from({ length: PROBE_ROUNDS }, () => {
    const begunMs = performance.now();
    compute().dispose();
    return performance.now() - begunMs;
  });
  return Math.min(...times);
}
