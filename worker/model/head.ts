/**
 * The output head at completion positions only, in chunks: log-probs, entropy and mean logit of each token forward, the
 * gradient of the log-probs backward. A full logits tensor never exists; the backward pass computes its chunk again.
 */
import * as tf from '@tensorflow/tfjs-core';
import { matMul } from '../engine/kernels/matmul.js';
import { scope } from '../engine/kernels/scope.js';
import type { GradientSink } from './gradient-sink.js';
import type { Weight } from './weights.js';

/** Logits held at a time, in elements (16 MiB of float32). */
const CHUNK_ELEMENTS = 4 * 1024 * 1024;

/** Hidden states [count, width] that predict the tokens `targets`. */
export interface HeadInput {
  readonly hidden: tf.Tensor;
  readonly targets: Int32Array;
}

/** One value a position. */
export interface TokenScores {
  /** log softmax(logits)[target], nats. */
  readonly logps: Float32Array;
  /** Entropy of softmax(logits), nats. */
  readonly entropies: Float32Array;
  /** Mean logit over the vocabulary. */
  readonly logits: Float32Array;
}

export function scoreTokens(head: Weight, input: HeadInput): TokenScores {
  const count = input.targets.length;
  const scores = {
    logps: new Float32Array(count),
    entropies: new Float32Array(count),
    logits: new Float32Array(count),
  };
  for (const { start, length } of chunks(count, head.shape[0]!)) {
    tf.tidy(() => {
      const logits = logitsOf(head, input.hidden, start, length);
      const logNormaliser = tf.logSumExp(logits, 1);
      const targets = tf.tensor1d(input.targets.slice(start, start + length), 'int32');
      const chosen = tf.sum(tf.mul(logits, tf.oneHot(targets, head.shape[0]!)), 1);
      const expected = tf.sum(tf.mul(tf.exp(tf.sub(logits, tf.expandDims(logNormaliser, 1))), logits), 1);
      scores.logps.set(tf.sub(chosen, logNormaliser).dataSync<'float32'>(), start);
      scores.entropies.set(tf.sub(logNormaliser, expected).dataSync<'float32'>(), start);
      scores.logits.set(tf.mean(logits, 1).dataSync<'float32'>(), start);
    });
  }
  return scores;
}

/**
 * Gradient with respect to the hidden states [count, width].
 * @param slopes d(loss)/d(logp) of each position; d(logp)/d(logits) = onehot(target) − softmax(logits).
 */
export function scoreTokensBackward(
  head: Weight,
  input: HeadInput,
  slopes: Float32Array,
  sink: GradientSink,
): tf.Tensor {
  return tf.tidy(() => {
    const parts = chunks(input.targets.length, head.shape[0]!).map(({ start, length }) =>
      scope(() => {
        const probabilities = tf.softmax(logitsOf(head, input.hidden, start, length));
        const targets = tf.oneHot(tf.tensor1d(input.targets.slice(start, start + length), 'int32'), head.shape[0]!);
        const slope = tf.tensor2d(slopes.slice(start, start + length), [length, 1]);
        const dLogits = tf.mul(tf.sub(targets, probabilities), slope);
        if (head.slot !== undefined) {
          sink.add(head, matMul(dLogits, rowsOf(input.hidden, start, length), { a: true }));
        }
        return matMul(dLogits, head.tensor);
      }),
    );
    return parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
  });
}

/** Logits [length, vocabulary] of some positions. */
export function logitsOf(head: Weight, hidden: tf.Tensor, start: number, length: number): tf.Tensor2D {
  return matMul(rowsOf(hidden, start, length), head.tensor, { b: true });
}

function rowsOf(hidden: tf.Tensor, start: number, length: number): tf.Tensor {
  return length === hidden.shape[0] ? hidden : tf.slice(hidden, [start, 0], [length, hidden.shape[1]!]);
}

function chunks(count: number, vocabulary: number): { start: number; length: number }[] {
  const size = Math.max(1, Math.floor(CHUNK_ELEMENTS / vocabulary));
  return Array.from({ length: Math.ceil(count / size) }, (_, chunk) => {
    const start = chunk * size;
    return { start, length: Math.min(size, count - start) };
  });
}
