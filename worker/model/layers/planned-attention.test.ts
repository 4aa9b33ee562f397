import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/support/engines.js';
import { hasFusedProducts } from '../../engine/kernels/fused.js';
import { expectNear, someTensor } from '../../engine/kernels/kernel-fixture.js';
import { loadEngine } from '../../engine/load.js';
import type { Span } from '../token-rows.js';
import { planTiles } from './attention-plan.js';
import {
  type AttentionPlan,
  attendPlanned,
  attendPlannedBackward,
  planAttention,
  releasePlan,
} from './planned-attention.js';

const COUNTS = { headCount: 6, keyValueHeadCount: 2 };
const SIZE = 72;

function spansOf(lengths: readonly number[]): Span[] {
  let start = 0;
  return lengths.map((length) => {
    const span = { start, length };
    start += length;
    return span;
  });
}

function heads(rows: number, count: number, seed: number): tf.Tensor3D {
  return someTensor<tf.Rank.R3>([rows, count, SIZE], seed, 2).tensor;
}

/** Both ways to attend the same: the engine's, and in tiles. */
function plans(spans: readonly Span[], window: number | undefined, earlierRows: number): AttentionPlan[] {
  return [
    planAttention(spans, COUNTS.headCount, window, earlierRows),
    planTiles(spans, COUNTS.headCount, window, earlierRows),
  ];
}

describe.runIf(ENGINES.includes('tensorflow'))('attention sequence by sequence', () => {
  beforeAll(() => loadEngine('tensorflow', { threads: 2 }));

  it.each([undefined, 1, 20])('has the values and gradients of attention in tiles, window %s', (window) => {
    expect(hasFusedProducts()).toBe(true);
    const spans = spansOf([130, 57, 56, 1, 9]);
    const [q, k, v, dOut] = [heads(253, 6, 1), heads(253, 2, 2), heads(253, 2, 3), heads(253, 6, 4)];
    const [own, tiled] = plans(spans, window, 0).map((plan) => {
      const { out, saved } = attendPlanned(COUNTS, q, { k, v }, plan);
      const gradients = attendPlannedBackward(COUNTS, saved, dOut, plan);
      releasePlan(plan);
      return { out, ...gradients };
    });
    for (const part of ['out', 'dq', 'dk', 'dv'] as const) {
      expectNear(own![part].dataSync(), tiled![part].dataSync(), 2e-5, 1);
    }
  });

  it('continues rows of an earlier pass', () => {
    const spans: Span[] = [
      { start: 0, length: 70, before: { start: 40, length: 60 } },
      { start: 70, length: 5, before: { start: 3, length: 1 } },
    ];
    const [q, k, v] = [heads(75, 6, 1), heads(175, 2, 2), heads(175, 2, 3)];
    const [own, tiled] = plans(spans, undefined, 100).map((plan) => attendPlanned(COUNTS, q, { k, v }, plan).out);
    expectNear(own!.dataSync(), tiled!.dataSync(), 2e-5, 1);
  });

  it('attends over more keys than are multiplied at once', () => {
    const [q, k, v] = [heads(1500, 6, 1), heads(1500, 2, 2), heads(1500, 2, 3)];
    const [own, tiled] = plans(spansOf([1500]), undefined, 0).map(
      (plan) => attendPlanned(COUNTS, q, { k, v }, plan).out,
    );
    expectNear(own!.dataSync(), tiled!.dataSync(), 2e-5, 1);
  });

  it('gives a sequence the same bits whatever sequences are beside it', () => {
    const [q, k, v] = [heads(100, 6, 1), heads(100, 2, 2), heads(100, 2, 3)];
    const attended = (spans: readonly Span[], rows: number): tf.Tensor3D => {
      const [mine, keys, values] = [q, k, v].map((all) => tf.slice(all, [0, 0, 0], [rows, -1, -1]));
      const plan = planAttention(spans, COUNTS.headCount, undefined, 0);
      return attendPlanned(COUNTS, mine!, { k: keys!, v: values! }, plan).out;
    };
    const beside = tf.slice(attended(spansOf([60, 40]), 100), [0, 0, 0], [60, -1, -1]);
    expect(beside.dataSync()).toEqual(attended(spansOf([60]), 60).dataSync());
  });
});
