/** Where the rows of a pass stand, for each layer: rotations, and what attention sees. */
import * as tf from '@tensorflow/tfjs-core';
import { planAttention, releasePlan } from './layers/planned-attention.js';
import { type RopeRows, ropeRows } from './layers/rope.js';
import type { Placement } from './layers/self-attention.js';
import type { DecoderSpec } from './spec.js';
import { positionsOf, type TokenRows } from './token-rows.js';

export interface Placements {
  readonly rope: RopeRows | undefined;
  /** Layers with the same window share theirs. */
  readonly layers: readonly Placement[];
}

/** @param earlierRows rows of the pass that this one continues; 0 for none */
export function placeRows(spec: DecoderSpec, rows: TokenRows, earlierRows: number): Placements {
  const rope = spec.rope && ropeRows(spec.rope, spec.headSize, positionsOf(rows));
  const byWindow = new Map<number | undefined, Placement>();
  const layers = spec.windows.map((window) => {
    const placement = byWindow.get(window) ?? {
      rope,
      plan: planAttention(rows.spans, spec.headCount, window, earlierRows),
    };
    byWindow.set(window, placement);
    return placement;
  });
  return { rope, layers };
}

export function releasePlacements({ rope, layers }: Placements): void {
  if (rope) tf.dispose([rope.cos, rope.sin]);
  for (const { plan } of new Set(layers)) releasePlan(plan);
}
