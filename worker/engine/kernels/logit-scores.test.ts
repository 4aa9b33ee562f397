import type * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/support/engines.js';
import { loadEngine } from '../load.js';
import { hasFused } from './fused.js';
import { expectNear, someTensor } from './kernel-fixture.js';
import { composedLogitScores, composedLogitSlopes, logitScores, logitSlopes } from './logit-scores.js';

/** In float64. */
function plain(logits: Float32Array, width: number, targets: Int32Array) {
  const slopes = new Float64Array(logits.length);
  const rows = [...targets].map((target, row) => {
    const of = Float64Array.from(logits.subarray(row * width, (row + 1) * width));
    const top = Math.max(...of);
    const exponentials = of.map((logit) => Math.exp(logit - top));
    const sum = exponentials.reduce((a, b) => a + b, 0);
    exponentials.forEach((value, i) => {
      slopes[row * width + i] = (i === target ? 1 : 0) - value / sum;
    });
    const weighted = exponentials.reduce((total, value, i) => total + value * (of[i]! - top), 0);
    return { chosen: of[target]!, top, sums: sum, weighted, means: of.reduce((a, b) => a + b, 0) / width };
  });
  return { rows, slopes };
}

describe.each(ENGINES)('scores of logits on %s', (engine) => {
  beforeAll(() => loadEngine(engine, { threads: 2 }));

  it.each([
    [2, 37],
    [9, 5003],
  ])('[%i, %i] agree with float64, as they are and composed', (rows, width) => {
    const { tensor, values } = someTensor<tf.Rank.R2>([rows, width], 1, 15);
    const targets = Int32Array.from({ length: rows }, (_, row) => (row * 11) % width);
    const expected = plain(values, width, targets);
    for (const scoresOf of [logitScores, composedLogitScores]) {
      const scores = scoresOf(tensor, targets);
      for (const name of ['chosen', 'top', 'sums', 'weighted', 'means'] as const) {
        expectNear(
          scores[name],
          expected.rows.map((row) => row[name]),
          5e-6,
          1,
        );
      }
    }
    for (const slopesOf of [logitSlopes, composedLogitSlopes]) {
      expectNear(slopesOf(tensor, targets).dataSync(), expected.slopes, 5e-6);
    }
  });

  it('refuse a target outside the vocabulary, where they are fused', () => {
    if (!hasFused()) return;
    const { tensor } = someTensor<tf.Rank.R2>([1, 8], 1);
    expect(() => logitScores(tensor, Int32Array.of(8))).toThrow(/a target is outside the vocabulary/);
  });
});
