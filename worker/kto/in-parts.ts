/**
 * A microbatch that does not fit the configured memory is computed in parts, one after the other. How it is cut depends
 * on its rows, the model and the configured budget alone, so that all workers cut alike.
 */
import type { ParameterLayout } from '../../core/parameters.js';
import type { GradientRequest, ScoreRequest, SequenceInput, SequenceScore } from '../compute/compute.js';
import type { Decoder } from '../model/decoder.js';
import { gradientSink } from '../model/gradient-sink.js';
import { leafGradient } from './gradient.js';
import type { LeafPasses } from './leaf-passes.js';
import { scoreSequences } from './score.js';

/** Whether these sequences may be computed together. */
export type Fits = (sequences: readonly SequenceInput[]) => boolean;

export function scoreInParts(decoder: Decoder, request: ScoreRequest, passes: LeafPasses, fits: Fits): SequenceScore[] {
  const { sequences, beside } = request;
  const parts = cutToFit(beside?.sequences ?? sequences, fits);
  if (parts.length === 1) return scoreSequences(decoder, request, passes);
  const scores = new Map<number, SequenceScore>();
  for (const part of parts) {
    const rows = new Set(part.map(({ row }) => row));
    const ofPart = { ...request, sequences: sequences.filter(({ row }) => rows.has(row)) };
    const leaf = beside && { beside: { ...beside, sequences: part } };
    for (const score of scoreSequences(decoder, { ...ofPart, ...leaf }, passes)) scores.set(score.row, score);
  }
  return sequences.map(({ row }) => scores.get(row)!);
}

/** Fills `request.into`, whatever was in it. @param layout of what is trained. */
export function gradientInParts(
  decoder: Decoder,
  layout: ParameterLayout,
  request: GradientRequest,
  passes: LeafPasses,
  fits: Fits,
): SequenceScore[] {
  const { leaf } = request;
  const sink = gradientSink(new Float32Array(request.into));
  const scores = cutToFit(leaf.sequences, fits).flatMap((sequences) =>
    leafGradient(decoder, { ...request, leaf: { ...leaf, sequences } }, passes, sink),
  );
  sink.finish(layout);
  return scores;
}

/** In order; a sequence that does not fit is alone. */
export function cutToFit(sequences: readonly SequenceInput[], fits: Fits): SequenceInput[][] {
  const parts: SequenceInput[][] = [];
  for (const sequence of sequences) {
    const part = parts.at(-1);
    if (part && fits([...part, sequence])) part.push(sequence);
    else parts.push([sequence]);
  }
  return parts;
}
