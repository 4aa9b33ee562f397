import { describe, expect, test } from 'vitest';
import { subtreesOf } from '../../core/reduction-tree.js';
import { compute } from '../../test/support/exchanges.js';
import { createGradientStore, type GradientStore } from './gradient-store.js';

const LENGTH = 5;
const STEP = { generation: 1, step: 7 };

async function storeWith(
  leaves: readonly number[],
  leafCount: number,
  plan: { attempt?: number; unmerged?: number[] } = {},
): Promise<GradientStore> {
  const store = createGradientStore(LENGTH, compute);
  store.begin(STEP, leafCount, plan);
  for (const leaf of leaves) await store.addLeaf(leaf, store.pool.take());
  return store;
}

const nodesOf = (store: GradientStore) => store.held().map(({ node }) => node);

describe('gradient store', () => {
  test('holds the largest complete subtrees of its leaves, whatever order they come in', async () => {
    const store = await storeWith([9, 3, 10, 4, 8, 7, 5, 6], 11);
    expect(nodesOf(store)).toEqual(subtreesOf({ start: 3, end: 11 }, 11));
    expect(store.leaves()).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('uses buffers again: eight leaves in a row need four', async () => {
    const store = createGradientStore(LENGTH, compute);
    const buffers = new Set<SharedArrayBuffer>();
    store.begin(STEP, 8);
    for (let leaf = 0; leaf < 8; leaf++) {
      const buffer = store.pool.take();
      buffers.add(buffer);
      await store.addLeaf(leaf, buffer);
    }
    expect(buffers.size).toBe(4);
  });

  test('keeps leaves of the same step and attempt in a new generation, and drops those of any other', async () => {
    const store = await storeWith([0, 1], 4, { attempt: 1 });
    store.begin({ generation: 2, step: 7 }, 4, { attempt: 1 });
    expect(store.leaves()).toEqual([0, 1]);
    store.begin({ generation: 3, step: 7 }, 4, { attempt: 2 });
    expect(store.leaves()).toEqual([]);

    const next = await storeWith([0, 1], 4);
    next.begin({ generation: 1, step: 8 }, 4);
    expect(next.leaves()).toEqual([]);
  });

  test('adds nothing to a leaf that may have to be discarded', async () => {
    const store = await storeWith([0, 1, 2, 3], 4, { unmerged: [2] });
    expect(nodesOf(store)).toEqual([
      { level: 1, index: 0 },
      { level: 0, index: 2 },
      { level: 0, index: 3 },
    ]);
    expect(store.discard([2])).toEqual([]);
    expect(store.leaves()).toEqual([0, 1, 3]);
  });

  test('says which leaves are lost with a discarded one', async () => {
    const store = await storeWith([0, 1, 2], 4);
    expect(store.discard([1, 3])).toEqual([0]);
    expect(store.leaves()).toEqual([2]);
  });

  test('refuses a step that is over, and waits for one that comes', async () => {
    const store = await storeWith([], 1);
    await expect(store.arrival({ generation: 1, step: 6 })).rejects.toMatchObject({ code: 'PROTOCOL' });
    const arrival = store.arrival({ generation: 2, step: 7 });
    store.begin({ generation: 2, step: 7 }, 1);
    await arrival;
    const never = store.arrival({ generation: 3, step: 8 });
    store.fail(new Error('this worker leaves'));
    await expect(never).rejects.toThrow('this worker leaves');
  });
});
