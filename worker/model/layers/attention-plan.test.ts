import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadEngine } from '../../engine/load.js';
import { layRows } from '../token-rows.js';
import { groupSpans, planTiles, releaseTiles } from './attention-plan.js';

const spansOf = (lengths: number[]) => layRows(lengths.map((length) => new Uint32Array(length))).spans;
const lengthsOf = (groups: ReturnType<typeof groupSpans>) => groups.map((group) => group.map(({ length }) => length));

beforeAll(() => loadEngine('wasm', { threads: 1 }));

describe('sequences in tiles', () => {
  it('are together when they are about as long, and short ones in any case', () => {
    expect(lengthsOf(groupSpans(spansOf([500, 250, 240, 60, 30, 8]), 8))).toEqual([[500], [250, 240], [60, 30, 8]]);
  });

  it('of more heads are padded less', () => {
    const spans = spansOf([200, 150, 100]);
    expect(lengthsOf(groupSpans(spans, 2))).toEqual([[200, 150, 100]]);
    expect(lengthsOf(groupSpans(spans, 32))).toEqual([[200], [150], [100]]);
  });
});

describe('a plan', () => {
  it('shows each query its sequence up to itself, within the window', () => {
    const plan = planTiles(spansOf([3, 2]), 1, 2, 0);
    const [tile] = plan.tiles;
    expect([...tile!.visible.to.dataSync()]).toEqual([1, 2, 3, 1, 2, 1]);
    expect([...tile!.visible.from.dataSync()]).toEqual([0, 0, 1, 0, 0, 0]);
    expect([...tile!.isQuery!.dataSync()]).toEqual([1, 1, 1, 1, 1, 0]);
    expect([...plan.untile!.dataSync()]).toEqual([0, 1, 2, 3, 4]);
    releaseTiles(plan);
  });

  it('puts keys of the earlier pass before those of this one', () => {
    const plan = planTiles([{ start: 0, length: 2, before: { start: 4, length: 3 } }], 1, undefined, 10);
    expect([...plan.tiles[0]!.keyRows.dataSync()]).toEqual([4, 5, 6, 10, 11]);
    expect([...plan.tiles[0]!.visible.to.dataSync()]).toEqual([4, 5]);
    expect(plan.untile).toBeUndefined();
    releaseTiles(plan);
  });

  it('leaves no tensors behind', () => {
    const before = tf.memory().numTensors;
    const plan = planTiles(spansOf([9, 4]), 1, undefined, 0);
    plan.tiles[0]!.visible.mask();
    releaseTiles(plan);
    expect(tf.memory().numTensors).toBe(before);
  });
});
