/**
 * The real set-up into the real cache: a few minutes the first time, seconds after. Where neither npm nor pip can be
 * reached, or no compiler is there, it is skipped and says so.
 */

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { cacheFolder } from '../../core/cache-folder.js';
import { loadEngine } from '../../worker/engine/load.js';
import { obstacleOf } from '../../worker/engine/native/failure.js';
import { type SetupResult, setUpNativeEngine } from '../../worker/engine/native/setup.js';

const SETUP_TIMEOUT_MS = 20 * 60_000;
const log = (line: string) => console.log(`set-up: ${line}`);

let setup: SetupResult | undefined;

beforeAll(async () => {
  try {
    setup = await setUpNativeEngine('tensorflow', { cacheDir: cacheFolder(), log });
  } catch (error) {
    const obstacle = obstacleOf(error);
    if (obstacle === undefined || obstacle === 'fault' || obstacle === 'hash') throw error;
    console.warn(`SKIPPED: the native engine was not tested. ${(error as Error).message}`);
  }
}, SETUP_TIMEOUT_MS);

describe('a native engine that set-up made', () => {
  it('is found again by the next set-up, which makes nothing', async ({ skip }) => {
    if (setup === undefined) return skip();
    const again = await setUpNativeEngine('tensorflow', { cacheDir: cacheFolder(), log });
    expect(again).toMatchObject({ how: 'already there', version: setup.version });
  });

  it('computes for the project’s own TensorFlow.js', async ({ skip }) => {
    if (setup === undefined) return skip();
    const engine = await loadEngine('tensorflow', { threads: 1 });
    expect(engine.fingerprint.version).toContain(setup.version);
    expect(tf.getBackend()).toBe('tensorflow');
    const matrix = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    expect(Array.from(tf.matMul(matrix, matrix).dataSync())).toEqual([7, 10, 15, 22]);
  });
});
