/** State that leaves a model and enters another: the same bits, before and after the next update. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { ENGINES } from '../../test/support/engines.js';
import { modelFolder } from '../../test/support/parity-data.js';
import { testConfig } from '../../test/support/rows.js';
import { allocateState } from '../state/arrays.js';
import type { Compute, Loaded, StateArrays } from './compute.js';
import { engineCompute } from './engine-compute.js';

const SEQUENCES = [0, 1].map((row) => ({
  row,
  tokenIds: Uint32Array.from({ length: 9 }, (_, t) => (row * 131 + t * 37 + 5) % 500),
  promptLength: 3,
  desirable: row === 0,
}));
const LOSS = { type: 'kto', beta: 0.1, desirableWeight: 1, undesirableWeight: 1, sftWeight: 0 } as const;

describe.each(ENGINES)('on %s', (engine) => {
  describe.each(['lora', 'full'] as const)('of %s', (method) => {
    const config = testConfig({ model: modelFolder('llama-lora'), engine, method });
    let compute: Compute;
    let loaded: Loaded;

    beforeAll(async () => {
      compute = engineCompute();
      loaded = await compute.load(config);
    });

    /** @returns the digest of the parameters after it. */
    async function train(on: Compute, updateNumber: number): Promise<string> {
      const into = new SharedArrayBuffer(loaded.values.byteLength);
      const sequences = SEQUENCES.map((sequence) => ({ ...sequence, referenceLogp: -30 }));
      await on.gradient({
        leaf: { plan: `${updateNumber}`, number: 0, sequences },
        loss: LOSS,
        z0: 0.1,
        sftScale: 1,
        into,
      });
      const { norm } = await on.measure(into);
      return on.update({ gradient: into, norm, learningRate: 1e-2, updateNumber });
    }

    test('a healed model goes on with the same bits, and one that starts over makes the same steps', async () => {
      const first = await train(compute, 1);
      const state: StateArrays = allocateState(loaded.values.byteLength / 4);
      await compute.exportState(state);
      expect(await compute.digest(state.parameters)).toBe(first);
      const second = await train(compute, 2);

      const other = engineCompute();
      expect((await other.load(config)).digest).toBe(loaded.digest);
      await other.importState(state);
      expect(await train(other, 2)).toBe(second);

      const { numTensors } = tf.memory();
      expect(await compute.resetState()).toBe(loaded.digest);
      expect(tf.memory().numTensors).toBe(numTensors);
      expect(await train(compute, 1)).toBe(first);
      expect(await train(compute, 2)).toBe(second);
    });
  });
});
