/**
 * Forward passes of leaves, kept between the mismatched pairs, which share their prompts, and the gradients, which need
 * z0 from all of them: then one forward pass serves both. Kept or computed again, a leaf's bits are the same; only memory
 * decides.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { Leaf } from '../compute/compute.js';
import { release } from '../engine/kernels/scope.js';
import type { Decoder } from '../model/decoder.js';
import { type HeadInput, scoreTokens, scoreTokensWithSlopes, type TokenScores } from '../model/head.js';
import { passBytes } from '../model/pass-memory.js';
import { forwardTraining, type Keeping, releasePass, type TrainingPass } from '../model/training-pass.js';
import { type Packed, packSequences } from './completion-positions.js';
import { gatherRows } from './gather-rows.js';

/** The policy's forward pass of a leaf, up to the scores. */
export interface LeafPass {
  readonly packed: Packed;
  readonly training: TrainingPass;
  readonly input: HeadInput;
  readonly scores: TokenScores;
  /** d(logp)/d(hidden) of each position, where the head is frozen. */
  readonly unit: tf.Tensor | undefined;
}

export interface LeafPasses {
  /** Computes the leaf's pass, with keys and values for others to continue. `keep` it, or use it up. */
  begin(decoder: Decoder, leaf: Leaf): LeafPass;
  /** The leaf's pass: kept from before, or computed now. Use it up. */
  take(decoder: Decoder, leaf: Leaf): LeafPass;
  /** Keeps it for the next `take`, where there is room. */
  keep(decoder: Decoder, leaf: Leaf, pass: LeafPass): void;
  /** Reference log-probs of leaves that came up with something else, by first row. */
  readonly references: Map<number, readonly number[]>;
  /** Other parameters, other passes. */
  clear(): void;
}

/** What a leaf, or a part of one, is known by: a row is in one of a plan alone. */
export function firstRow({ sequences }: Leaf): number {
  return sequences[0]!.row;
}

/** @param budgetBytes for all that is kept at once; a single pass that needs more keeps little of itself. */
export function leafPasses(budgetBytes: number): LeafPasses {
  const kept = new Map<number, { readonly pass: LeafPass; readonly bytes: number }>();
  const references = new Map<number, readonly number[]>();
  let plan = '';
  let usedBytes = 0;
  const clear = (): void => {
    for (const { pass } of kept.values()) releaseLeaf(pass);
    kept.clear();
    references.clear();
    usedBytes = 0;
  };
  const remove = (leaf: Leaf): LeafPass | undefined => {
    if (leaf.plan !== plan) clear();
    plan = leaf.plan;
    const found = kept.get(firstRow(leaf));
    kept.delete(firstRow(leaf));
    usedBytes -= found?.bytes ?? 0;
    return found?.pass;
  };
  return {
    references,
    clear,
    begin(decoder, leaf) {
      const before = remove(leaf);
      if (before) releaseLeaf(before);
      return computeLeaf(decoder, leaf, budgetBytes - usedBytes);
    },
    take: (decoder, leaf) => remove(leaf) ?? computeLeaf(decoder, leaf, budgetBytes - usedBytes),
    keep(decoder, leaf, pass) {
      const bytes = passBytes(decoder.spec, lengthsOf(leaf), pass.training.keeping);
      if (usedBytes + bytes > budgetBytes) {
        releaseLeaf(pass);
        return;
      }
      usedBytes += bytes;
      kept.set(firstRow(leaf), { pass, bytes });
    },
  };
}

function computeLeaf(decoder: Decoder, leaf: Leaf, roomBytes: number): LeafPass {
  const packed = packSequences(leaf.sequences);
  const keeping: Keeping =
    passBytes(decoder.spec, lengthsOf(leaf), 'everything') <= roomBytes ? 'everything' : 'inputs';
  const training = forwardTraining(decoder, packed.rows, keeping);
  const input = { hidden: gatherRows(training.hidden, packed.positions), targets: packed.targets };
  const { head } = decoder;
  if (head.slot !== undefined) return { packed, training, input, scores: scoreTokens(head, input), unit: undefined };
  return { packed, training, input, ...scoreTokensWithSlopes(head, input) };
}

function lengthsOf({ sequences }: Leaf): number[] {
  return sequences.map(({ tokenIds }) => tokenIds.length);
}

function releaseLeaf({ training, input, unit }: LeafPass): void {
  releasePass(training);
  release([input.hidden, ...(unit ? [unit] : [])]);
}
