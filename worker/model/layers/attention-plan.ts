/**
 * How a pass computes attention in tiles. Sequences are not padded elsewhere; here a few of like length are put side by side in a
 * tile, where one operation for all costs less than the padding.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type Visible, visibleKeys } from '../../engine/kernels/visible.js';
import type { Span } from '../token-rows.js';

/** Sequences side by side, each padded to the longest. */
export interface Tile {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  /** Row of each query, [batch·queries]. */
  readonly queryRows: tf.Tensor1D;
  /** Row of each key, [batch·keys]; rows of the earlier pass come first, then this pass's. */
  readonly keyRows: tf.Tensor1D;
  readonly visible: Visible;
  /** 1 for queries, 0 for padding, [batch·queries, 1, 1]; undefined without padding. */
  readonly isQuery: tf.Tensor3D | undefined;
}

export interface TilePlan {
  readonly tiles: readonly Tile[];
  /** Where each row stands among the tiles' queries, [n]; undefined when they are in the rows' order. */
  readonly untile: tf.Tensor1D | undefined;
}

/** Elements of padding in the scores that cost as much as one tile more (some twenty small operations). */
const TILE_OVERHEAD_ELEMENTS = 2 ** 17;

/**
 * @param earlierRows rows of the earlier pass; 0 without one
 * @param window positions that attention reaches back; undefined for all
 */
export function planTiles(
  spans: readonly Span[],
  heads: number,
  window: number | undefined,
  earlierRows: number,
): TilePlan {
  const groups = groupSpans(spans, heads);
  const tiles = groups.map((group) => tileOf(group, window, earlierRows));
  return { tiles, untile: untileOf(groups, spans) };
}

export function releaseTiles({ tiles, untile }: TilePlan): void {
  for (const { queryRows, keyRows, visible, isQuery } of tiles) {
    tf.dispose([queryRows, keyRows, ...(isQuery ? [isQuery] : [])]);
    visible.dispose();
  }
  untile?.dispose();
}

/** Neighbours come together while their padding costs less than a tile of their own. */
export function groupSpans(spans: readonly Span[], heads: number): Span[][] {
  const groups: Span[][] = [];
  for (const span of spans) {
    const group = groups.at(-1);
    if (group && paddingOf([...group, span], heads) <= TILE_OVERHEAD_ELEMENTS * group.length) group.push(span);
    else groups.push([span]);
  }
  return groups;
}

function paddingOf(group: readonly Span[], heads: number): number {
  const { queries, keys } = sizeOf(group);
  const used = group.reduce((sum, span) => sum + span.length * keysOf(span), 0);
  return heads * (group.length * queries * keys - used);
}

function sizeOf(group: readonly Span[]): { queries: number; keys: number } {
  return {
    queries: Math.max(...group.map(({ length }) => length)),
    keys: Math.max(...group.map(keysOf)),
  };
}

function keysOf({ length, before }: Span): number {
  return (before?.length ?? 0) + length;
}

function tileOf(group: readonly Span[], window: number | undefined, earlierRows: number): Tile {
  const batch = group.length;
  const { queries, keys } = sizeOf(group);
  const queryRows = new Int32Array(batch * queries);
  const keyRows = new Int32Array(batch * keys);
  const isQuery = new Float32Array(batch * queries);
  const from = new Int32Array(batch * queries);
  const to = new Int32Array(batch * queries).fill(1);
  for (const [entry, span] of group.entries()) {
    const before = span.before ?? { start: 0, length: 0 };
    for (let t = 0; t < span.length; t++) {
      const query = entry * queries + t;
      const seen = before.length + t + 1;
      queryRows[query] = span.start + t;
      isQuery[query] = 1;
      to[query] = seen;
      from[query] = window === undefined ? 0 : Math.max(0, seen - window);
    }
    for (let key = 0; key < keysOf(span); key++) {
      const own = key - before.length;
      keyRows[entry * keys + key] = own < 0 ? before.start + key : earlierRows + span.start + own;
    }
  }
  return {
    batch,
    queries,
    keys,
    queryRows: tf.tensor1d(queryRows, 'int32'),
    keyRows: tf.tensor1d(keyRows, 'int32'),
    visible: visibleKeys(from, to, [batch, queries, keys]),
    isQuery: isQuery.includes(0) ? tf.tensor3d(isQuery, [batch * queries, 1, 1]) : undefined,
  };
}

function untileOf(groups: readonly (readonly Span[])[], spans: readonly Span[]): tf.Tensor1D | undefined {
  const rows = new Int32Array(spans.reduce((sum, { length }) => sum + length, 0));
  let first = 0;
  for (const group of groups) {
    const { queries } = sizeOf(group);
    for (const [entry, { start, length }] of group.entries()) {
      for (let t = 0; t < length; t++) rows[start + t] = first + entry * queries + t;
    }
    first += group.length * queries;
  }
  const isInOrder = first === rows.length && rows.every((row, i) => row === i);
  return isInOrder ? undefined : tf.tensor1d(rows, 'int32');
}
