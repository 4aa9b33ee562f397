/** Exchanges with gradients in them, for tests of the all-reduce. */
import type { LeafRange } from '../../core/reduction-tree.js';
import { createExchange, type Exchange } from '../../worker/allreduce/exchange.js';
import {
  createGradientStore,
  type GradientStore,
  type StepKey,
  type Wire,
} from '../../worker/allreduce/gradient-store.js';
import { linearCompute } from './linear-compute.js';

/** Adds and divides in the calling thread. */
export const compute = linearCompute();

/** Small, seeded and good enough for tests. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Values of very different size: a different order of sums gives different bits. */
export function leafGradients(leafCount: number, length: number, random: () => number): Float32Array[] {
  return Array.from({ length: leafCount }, () =>
    Float32Array.from({ length }, () => (random() - 0.5) * 10 ** Math.floor(random() * 6)),
  );
}

/** Each leaf to any worker, as after several losses; a worker may get none. */
export function randomHoldings(leafCount: number, workers: number, random: () => number): LeafRange[][] {
  const holdings: LeafRange[][] = Array.from({ length: workers }, () => []);
  for (let leaf = 0; leaf < leafCount; leaf++) {
    holdings[Math.floor(random() * workers)]!.push({ start: leaf, end: leaf + 1 });
  }
  return holdings;
}

/** A worker's exchange at a step, holding these leaves. */
export async function exchangeWith(
  holding: readonly LeafRange[],
  gradients: readonly Float32Array[],
  step: StepKey,
  wire: Wire = 'float32',
): Promise<Exchange<GradientStore>> {
  const store = createGradientStore(gradients[0]!.length, compute, wire);
  const exchange = createExchange(store);
  exchange.begin(step, gradients.length);
  for (const { start, end } of holding) {
    for (let leaf = start; leaf < end; leaf++) {
      const buffer = store.pool.take();
      new Float32Array(buffer).set(gradients[leaf]!);
      await store.addLeaf(leaf, buffer);
    }
  }
  return exchange;
}

/** A copy of what a shared buffer holds now. */
export function bytesOf(buffer: SharedArrayBuffer): Buffer {
  return Buffer.from(new Uint8Array(buffer).slice());
}
