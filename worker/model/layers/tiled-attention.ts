/** Attention on any engine: sequences of like length side by side in tiles, one batched product for all of a tile's heads. */
import * as tf from '@tensorflow/tfjs-core';
import { attend, attendBackward, foldHeads, foldRows, type TileSaved, unfoldHeads } from './attention.js';
import type { TilePlan } from './attention-plan.js';
import type { HeadCounts } from './planned-attention.js';
import type { KeysAndValues } from './self-attention.js';

/** [n, heads, headSize] of the queries' rows. */
export function attendTiles(
  { headCount, keyValueHeadCount }: HeadCounts,
  q: tf.Tensor3D,
  { k, v }: KeysAndValues,
  { tiles, untile }: TilePlan,
): { out: tf.Tensor3D; tiles: TileSaved[] } {
  const done = tiles.map(({ batch, queryRows, keyRows, visible }) => {
    const folded = {
      q: foldRows(q, queryRows, batch, keyValueHeadCount),
      k: foldRows(k, keyRows, batch, keyValueHeadCount),
      v: foldRows(v, keyRows, batch, keyValueHeadCount),
    };
    const { out, probabilities } = attend(folded.q, folded.k, folded.v, visible);
    return { out: unfoldHeads(out, batch, headCount), saved: { ...folded, probabilities } };
  });
  const out = joinTiles(
    done.map((tile) => tile.out),
    untile,
  );
  return { out, tiles: done.map(({ saved }) => saved) };
}

export function attendTilesBackward(
  { headCount, keyValueHeadCount }: HeadCounts,
  saved: readonly TileSaved[],
  dOut: tf.Tensor3D,
  { tiles, untile }: TilePlan,
): { dq: tf.Tensor3D; dk: tf.Tensor3D; dv: tf.Tensor3D } {
  const done = tiles.map(({ batch, queryRows, isQuery }, i) => {
    const rows = tf.gather(dOut, queryRows);
    const real = isQuery === undefined ? rows : tf.mul<tf.Tensor3D>(rows, isQuery);
    const { dq, dk, dv } = attendBackward(saved[i]!, foldHeads(real, batch, keyValueHeadCount));
    return {
      dq: unfoldHeads(dq, batch, headCount),
      dk: unfoldHeads(dk, batch, keyValueHeadCount),
      dv: unfoldHeads(dv, batch, keyValueHeadCount),
    };
  });
  const join = (part: 'dq' | 'dk' | 'dv'): tf.Tensor3D =>
    joinTiles(
      done.map((tile) => tile[part]),
      untile,
    );
  return { dq: join('dq'), dk: join('dk'), dv: join('dv') };
}

function joinTiles(parts: tf.Tensor3D[], untile: tf.Tensor1D | undefined): tf.Tensor3D {
  const joined = parts.length === 1 ? parts[0]! : tf.concat(parts);
  return untile === undefined ? joined : tf.gather(joined, untile);
}
