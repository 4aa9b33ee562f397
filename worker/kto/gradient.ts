/**
 * Loss and gradient of one microbatch (a leaf). The gradient of an example is a scalar, the loss's slope, times the
 * gradient of its log-prob: once log-probs are known, the backward pass needs nothing else.
 */
import * as tf from '@tensorflow/tfjs-core';
import { exampleLoss, needsReference } from '../../core/kto.js';
import type { GradientRequest, SequenceScore } from '../compute/compute.js';
import { backward, type Decoder, forwardSaving } from '../model/decoder.js';
import { gradientSink } from '../model/gradient-sink.js';
import { scoreTokens, scoreTokensBackward } from '../model/head.js';
import { packSequences } from './completion-positions.js';
import { gatherRows, referenceLogps, scoreOf, sumTokens } from './score.js';

/** Fills `request.into` with the sum over the examples of d(loss)/d(parameters), and returns the scores. */
export function leafGradient(decoder: Decoder, request: GradientRequest): SequenceScore[] {
  const { sequences, loss } = request;
  const packed = packSequences(sequences);
  const reference = needsReference(loss.type) ? referenceLogps(decoder, sequences) : undefined;
  const { hidden, saved } = forwardSaving(decoder, packed.tokens);
  const input = { hidden: gatherRows(hidden, packed.positions), targets: packed.targets };
  const sums = sumTokens(scoreTokens(decoder.head, input), packed);
  const scores = sequences.map((sequence, i) => scoreOf(sequence, sums[i]!, reference?.[i] ?? sums[i]!.logp));

  const slopes = new Float32Array(packed.targets.length);
  scores.forEach(({ policyLogp, referenceLogp }, i) => {
    const [from, to] = [packed.starts[i]!, packed.starts[i + 1]!];
    const example = { desirable: sequences[i]!.desirable, policyLogp, referenceLogp, completionLength: to - from };
    slopes.fill(exampleLoss(example, request.z0, loss, request.sftScale).slope, from, to);
  });
  const sink = gradientSink(new Float32Array(request.into).fill(0));
  const dHidden = tf.tidy(() => {
    const dRows = scoreTokensBackward(decoder.head, input, slopes, sink);
    const rows = tf.tensor2d(packed.positions, [packed.positions.length, 1], 'int32');
    return tf.scatterND(rows, dRows, [hidden.shape[0]!, hidden.shape[1]!]);
  });
  tf.dispose([hidden, input.hidden]);
  backward(decoder, saved, dHidden, sink);
  dHidden.dispose();
  return scores;
}
