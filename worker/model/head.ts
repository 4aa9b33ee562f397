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

/** One value a position, float64: a log-prob is a small difference of large numbers, summed over many tokens. */
export interface TokenScores {
  /** log softmax(logits)[target], nats. */
  readonly logps: Float64Array;
  /** Entropy of softmax(logits), nats. */
  readonly entropies: Float64Array;
  /** Mean logit over the vocabulary. */
  readonly logits: Float64Array;
}

export function scoreTokens(head: Weight, input: HeadInput): TokenScores {
  const count = input.targets.length;
  const scores = {
    logps: new Float64Array(count),
    entropies: new Float64Array(count),
    logits: new Float64Array(count),
  };
  for (const { start, length } of chunks(count, head.shape[0]!)) {
    const parts = scoreChunk(head, input, start, length);
    for (let i = 0; i < length; i++) {
      // The engine's part ends at sums of exponentials; the logarithm and the differences are taken here, in float64.
      const logNormaliser = Math.log(parts.sums[i]!);
      scores.logps[start + i] = parts.chosen[i]! - parts.top[i]! - logNormaliser;
      scores.entropies[start + i] = logNormaliser - parts.weighted[i]! / parts.sums[i]!;
      scores.logits[start + i] = parts.means[i]!;
    }
  }
  return scores;
}

interface ChunkParts {
  /** The target's logit. */
  readonly chosen: Float32Array;
  /** The largest logit. */
  readonly top: Float32Array;
  /** Sum of exp(logit − top). */
  readonly sums: Float32Array;
  /** Sum of exp(logit − top)·(logit − top). */
  readonly weighted: Float32Array;
  readonly means: Float32Array;
}

function scoreChunk(head: Weight, { hidden, targets }: HeadInput, start: number, length: number): ChunkParts {
  const parts = tf.tidy(() => {
    const logits = logitsOf(head, hidden, start, length);
    const target = tf.oneHot(tf.tensor1d(targets.slice(start, start + length), 'int32'), head.shape[0]!);
    const top = tf.max(logits, 1, true);
    const shifted = tf.sub(logits, top);
    const exponentials = tf.exp(shifted);
    return {
      chosen: tf.sum(tf.mul(logits, target), 1),
      top: tf.squeeze(top, [1]),
      sums: tf.sum(exponentials, 1),
      weighted: tf.sum(tf.mul(exponentials, shifted), 1),
      means: tf.mean(logits, 1),
    };
  });
  const read = Object.entries(parts).map(([name, tensor]) => [name, tensor.dataSync<'float32'>()]);
  tf.dispose(parts);
  return Object.fromEntries(read) as ChunkParts;
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
