/**
 * The output head at completion positions only, in chunks: log-probs, entropy and mean logit of each token forward, the
 * gradient of the log-probs backward. A full logits tensor never exists.
 */
import * as tf from '@tensorflow/tfjs-core';
import { logitScores, logitSlopes } from '../engine/kernels/logit-scores.js';
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
  const scores = noScores(input);
  for (const chunk of chunks(input, head)) {
    tf.tidy(() => readScores(chunkLogits(head, input, chunk), chunkTargets(input, chunk), chunk.start, scores));
  }
  return scores;
}

/**
 * The scores, and d(logp)/d(hidden) of each position [count, width]: for a frozen head, the loss's slope is all that its
 * gradient still lacks, so that the logits are not needed again.
 */
export function scoreTokensWithSlopes(head: Weight, input: HeadInput): { scores: TokenScores; unit: tf.Tensor } {
  const scores = noScores(input);
  const unit = overChunks(head, input, (chunk) => {
    const logits = chunkLogits(head, input, chunk);
    const targets = chunkTargets(input, chunk);
    readScores(logits, targets, chunk.start, scores);
    return matMul(logitSlopes(logits, targets), head.tensor);
  });
  return { scores, unit };
}

/**
 * Gradient with respect to the hidden states [count, width]; that of a trainable head goes to the sink.
 * @param slopes d(loss)/d(logp) of each position; d(logp)/d(logits) = onehot(target) − softmax(logits).
 */
export function scoreTokensBackward(
  head: Weight,
  input: HeadInput,
  slopes: Float32Array,
  sink: GradientSink,
): tf.Tensor {
  // Each chunk adds a whole gradient of the head. So many positions' logits take as much memory as that one does.
  const size = head.slot === undefined ? undefined : head.shape[1]!;
  return overChunks(
    head,
    input,
    (chunk) => {
      const { start, length } = chunk;
      const unit = logitSlopes(chunkLogits(head, input, chunk), chunkTargets(input, chunk));
      const dLogits = tf.mul(unit, tf.tensor2d(slopes.slice(start, start + length), [length, 1]));
      if (head.slot !== undefined) sink.add(head, matMul(dLogits, rowsOf(input.hidden, chunk), { a: true }));
      return matMul(dLogits, head.tensor);
    },
    size,
  );
}

/** Logits [length, vocabulary] of some positions. */
export function logitsOf(head: Weight, hidden: tf.Tensor, start: number, length: number): tf.Tensor2D {
  return matMul(rowsOf(hidden, { start, length }), head.tensor, { b: true });
}

interface Chunk {
  readonly start: number;
  readonly length: number;
}

/** The engine's part ends at sums of exponentials; the logarithm and the differences are taken here, in float64. */
function readScores(logits: tf.Tensor2D, targets: Int32Array, start: number, into: TokenScores): void {
  const { chosen, top, sums, weighted, means } = logitScores(logits, targets);
  for (let i = 0; i < targets.length; i++) {
    const logNormaliser = Math.log(sums[i]!);
    into.logps[start + i] = chosen[i]! - top[i]! - logNormaliser;
    into.entropies[start + i] = logNormaliser - weighted[i]! / sums[i]!;
    into.logits[start + i] = means[i]!;
  }
}

function noScores({ targets }: HeadInput): TokenScores {
  return {
    logps: new Float64Array(targets.length),
    entropies: new Float64Array(targets.length),
    logits: new Float64Array(targets.length),
  };
}

/** Chunk results [length, width], put together. @param size positions of a chunk where more than CHUNK_ELEMENTS may be held. */
function overChunks(head: Weight, input: HeadInput, compute: (chunk: Chunk) => tf.Tensor, size?: number): tf.Tensor {
  return tf.tidy(() => {
    const parts = chunks(input, head, size).map((chunk) => scope(() => compute(chunk)));
    return parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
  });
}

function chunkLogits(head: Weight, { hidden }: HeadInput, { start, length }: Chunk): tf.Tensor2D {
  return logitsOf(head, hidden, start, length);
}

function chunkTargets({ targets }: HeadInput, { start, length }: Chunk): Int32Array {
  return targets.slice(start, start + length);
}

function rowsOf(hidden: tf.Tensor, { start, length }: Chunk): tf.Tensor {
  return length === hidden.shape[0] ? hidden : tf.slice(hidden, [start, 0], [length, hidden.shape[1]!]);
}

function chunks({ targets }: HeadInput, head: Weight, least = 1): Chunk[] {
  const size = Math.max(least, Math.floor(CHUNK_ELEMENTS / head.shape[0]!));
  return Array.from({ length: Math.ceil(targets.length / size) }, (_, chunk) => {
    const start = chunk * size;
    return { start, length: Math.min(size, targets.length - start) };
  });
}
