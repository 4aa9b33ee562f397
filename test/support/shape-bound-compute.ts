/**
 * A Compute whose log-probs without gradient depend on what they are computed together with, as rounding makes those of a
 * tensor engine, only far more: what is used again in the wrong place shows. It counts the references it is asked for.
 */
import { createHash } from 'node:crypto';
import { needsReference } from '../../core/kto.js';
import type { Compute, SequenceInput, SequenceScore } from '../../worker/compute/compute.js';
import { linearCompute } from './linear-compute.js';

export interface ShapeBound extends Compute {
  /** Sequences for which a reference was computed. */
  askedReferences(): number;
}

type Sequences = readonly SequenceInput[];

/** @param badRow its policy is never finite. */
export function shapeBoundCompute(badRow?: number): ShapeBound {
  const linear = linearCompute();
  let asked = 0;
  const withReference = (sequences: Sequences, shape: string) => {
    asked += sequences.filter(isUnknown).length;
    return sequences.map((sequence) => ({
      ...sequence,
      referenceLogp: sequence.referenceLogp ?? sequence.promptLength - 2 * sequence.tokenIds.length + noise(shape),
    }));
  };
  const spoilt = (scores: SequenceScore[]) =>
    scores.map((score) => (score.row === badRow ? { ...score, policyLogp: Number.NaN } : score));
  return {
    ...linear,
    askedReferences: () => asked,
    async score(request) {
      const { sequences, beside } = request;
      const shape = beside?.sequences.some(isUnknown) ? shapeOf(sequences, beside.sequences) : shapeOf(sequences);
      const given = request.reference ? withReference(sequences, shape) : sequences;
      const scores = await linear.score({ ...request, sequences: given });
      const policyShape = beside ? shapeOf(sequences, beside.sequences) : shapeOf(sequences);
      return spoilt(scores.map((score) => ({ ...score, policyLogp: score.policyLogp + noise(policyShape) })));
    },
    async gradient(request) {
      const { leaf, loss } = request;
      if (!needsReference(loss.type)) return linear.gradient(request);
      const sequences = withReference(leaf.sequences, shapeOf(leaf.sequences));
      return spoilt(await linear.gradient({ ...request, leaf: { ...leaf, sequences } }));
    },
  };
}

function isUnknown({ referenceLogp }: SequenceInput): boolean {
  return referenceLogp === undefined;
}

function shapeOf(...together: readonly Sequences[]): string {
  const shape = together.map((sequences) => sequences.map(({ row, tokenIds }) => [row, tokenIds.length]));
  return JSON.stringify(shape);
}

/** Up to half a nat. */
function noise(shape: string): number {
  return createHash('sha256').update(shape).digest().readUInt16LE() / 2 ** 17;
}
