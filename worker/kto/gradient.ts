/**
 * Loss and gradient of one microbatch (a leaf). The gradient of an example is a scalar, the loss's slope, times the
 * gradient of its log-prob: once log-probs are known, the backward pass needs nothing else.
 */
import * as tf from '@tensorflow/tfjs-core';
import { exampleLoss, needsReference } from '../../core/kto.js';
import type { GradientRequest, SequenceScore } from '../compute/compute.js';
import { release } from '../engine/kernels/scope.js';
import type { Decoder } from '../model/decoder.js';
import type { GradientSink } from '../model/gradient-sink.js';
import { scoreTokensBackward } from '../model/head.js';
import { backward } from '../model/training-pass.js';
import { firstRow, type LeafPass, type LeafPasses } from './leaf-passes.js';
import { referenceSums, scoreOf, sumTokens } from './score.js';

/** Adds the sum over the examples of d(loss)/d(parameters) to the sink, and returns the scores. */
export function leafGradient(
  decoder: Decoder,
  request: Omit<GradientRequest, 'into'>,
  passes: LeafPasses,
  sink: GradientSink,
): SequenceScore[] {
  const { leaf, loss } = request;
  const pass = passes.take(decoder, leaf);
  const { packed, training, input } = pass;
  const sums = sumTokens(pass.scores, packed);
  const reference = needsReference(loss.type) ? referenceLogps(decoder, request, passes) : undefined;
  const scores = leaf.sequences.map((sequence, i) => scoreOf(sequence, sums[i]!, reference?.[i] ?? sums[i]!.logp));

  const slopes = slopesOf(scores, pass, request);
  const dHidden = tf.tidy(() => {
    const dRows = pass.unit
      ? tf.mul(pass.unit, tf.tensor2d(slopes, [slopes.length, 1]))
      : scoreTokensBackward(decoder.head, input, slopes, sink);
    const rows = tf.tensor2d(packed.positions, [packed.positions.length, 1], 'int32');
    return tf.scatterND(rows, dRows, training.hidden.shape);
  });
  release([input.hidden, ...(pass.unit ? [pass.unit] : [])]);
  backward(decoder, training, dHidden, sink);
  dHidden.dispose();
  return scores;
}

function referenceLogps(
  decoder: Decoder,
  { leaf }: Pick<GradientRequest, 'leaf'>,
  passes: LeafPasses,
): readonly number[] {
  const known = leaf.sequences.map(({ referenceLogp }) => referenceLogp);
  if (known.every((logp) => logp !== undefined)) return known;
  const computed = passes.references.get(firstRow(leaf)) ?? referenceSums(decoder, leaf.sequences);
  return known.map((logp, i) => logp ?? computed[i]!);
}

/** d(loss)/d(logp) of each position. */
function slopesOf(
  scores: readonly SequenceScore[],
  { packed }: LeafPass,
  request: Omit<GradientRequest, 'into'>,
): Float32Array {
  const slopes = new Float32Array(packed.targets.length);
  scores.forEach(({ policyLogp, referenceLogp }, i) => {
    const [from, to] = [packed.starts[i]!, packed.starts[i + 1]!];
    const { desirable } = request.leaf.sequences[i]!;
    const example = { desirable, policyLogp, referenceLogp, completionLength: to - from };
    slopes.fill(exampleLoss(example, request.z0, request.loss, request.sftScale).slope, from, to);
  });
  return slopes;
}
