import { expect, test } from 'vitest';
import { LINEAR_ENGINE } from '../../test/support/linear-compute.js';
import { testConfig } from '../../test/support/rows.js';
import { type KeyParts, referenceKey } from './key.js';

const LOADED = { engine: LINEAR_ENGINE, parameterDigest: 'weights', parameters: [], modelDigest: 'files' };
const PARTS: KeyParts = {
  config: testConfig(),
  loaded: LOADED,
  trainDigest: 'train',
  heldOutDigest: 'held out',
};

test.each<[string, Partial<KeyParts>]>([
  ['the model’s files', { loaded: { ...LOADED, modelDigest: 'other' } }],
  ['the weights', { loaded: { ...LOADED, parameterDigest: 'other' } }],
  ['the engine', { loaded: { ...LOADED, engine: { ...LINEAR_ENGINE, version: '2' } } }],
  ['the rows', { trainDigest: 'other' }],
  ['the held-out rows', { heldOutDigest: 'other' }],
  ['the seed', { config: testConfig({ training: { seed: 1 } }) }],
  ['the batch', { config: testConfig({ training: { globalBatch: 16 } }) }],
  ['the microbatch', { config: testConfig({ training: { microbatchRows: 2 } }) }],
  ['the order', { config: testConfig({ data: { order: 'file' } }) }],
  ['the pairing', { config: testConfig({ data: { pairing: 'rotate' } }) }],
  ['how long pairs stay', { config: testConfig({ data: { pairs: 'fixed' } }) }],
  ['what is trained', { config: testConfig({ method: 'full' }) }],
  ['a memory budget, which cuts microbatches into parts', { config: testConfig({ memoryBudget: 4 }) }],
  ['the longest sequence', { config: testConfig({ data: { maxLength: 64 } }) }],
])('%s changes the key', (_, change) => {
  expect(referenceKey({ ...PARTS, ...change })).not.toBe(referenceKey(PARTS));
});

test('what reference log-probs do not depend on leaves the key as it is', () => {
  const config = testConfig({
    training: { learningRate: 1, epochs: 3, maxSteps: 9 },
    loss: { beta: 0.5 },
    workers: 7,
    output: 'elsewhere',
  });
  expect(referenceKey({ ...PARTS, config })).toBe(referenceKey(PARTS));
});
