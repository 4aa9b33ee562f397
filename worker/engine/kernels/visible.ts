/** Which keys each query of some sequences sees: always a stretch of them, whatever hides the rest. */
import * as tf from '@tensorflow/tfjs-core';

/** Added to the scores of keys that are not seen; exp of it is exactly 0 in float32. */
const HIDDEN = -1e9;

export interface Visible {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  /** First key that a query sees, int32 [batch, queries]. */
  readonly from: tf.Tensor2D;
  /** One past the last, int32 [batch, queries]. */
  readonly to: tf.Tensor2D;
  /** 0 or a very negative number to add, [batch, 1, queries, keys]; made when it is first asked for. */
  mask(): tf.Tensor4D;
  dispose(): void;
}

/** @param from and @param to [batch·queries]; every query sees at least one key. */
export function visibleKeys(from: Int32Array, to: Int32Array, shape: [number, number, number]): Visible {
  const [batch, queries, keys] = shape;
  const tensors = tf.tidy(() => ({
    from: tf.keep(tf.tensor2d(from, [batch, queries], 'int32')),
    to: tf.keep(tf.tensor2d(to, [batch, queries], 'int32')),
  }));
  let mask: tf.Tensor4D | undefined;
  return {
    batch,
    queries,
    keys,
    ...tensors,
    mask() {
      mask ??= tf.keep(tf.tensor4d(maskValues(from, to, keys), [batch, 1, queries, keys]));
      return mask;
    },
    dispose: () => tf.dispose([tensors.from, tensors.to, ...(mask ? [mask] : [])]),
  };
}

function maskValues(from: Int32Array, to: Int32Array, keys: number): Float32Array {
  const values = new Float32Array(from.length * keys).fill(HIDDEN);
  for (const [query, first] of from.entries()) values.fill(0, query * keys + first, query * keys + to[query]!);
  return values;
}
