import { expect, test } from 'vitest';
import { LINEAR_ENGINE } from '../test/support/linear-compute.js';
import { readyDifferences } from './ready-check.js';

const WORKER = {
  engine: LINEAR_ENGINE,
  parameterDigest: 'abc',
  modelDigest: 'base',
  parameters: [{ name: 'w', shape: [2, 3], decayed: true }],
};

test('equal workers have no differences', () => {
  expect(readyDifferences(WORKER, structuredClone(WORKER))).toEqual({ engine: [], model: [] });
});

test('an engine’s fields are named with both values', () => {
  const other = { ...WORKER, engine: { ...LINEAR_ENGINE, version: '2', threads: 4 } };
  const { engine, model } = readyDifferences(WORKER, other);
  expect(engine).toEqual(['version: 2 instead of 1', 'threads: 4 instead of 1']);
  expect(model).toEqual([]);
});

test('other weights are another model', () => {
  const { model } = readyDifferences(WORKER, { ...WORKER, parameterDigest: 'def' });
  expect(model).toEqual(['parameter digest: def instead of abc']);
});

test('another base model is another model, even beneath an equal adapter', () => {
  const { model } = readyDifferences(WORKER, { ...WORKER, modelDigest: 'tuned' });
  expect(model).toEqual(['model files digest: tuned instead of base']);
});

test('another shape is another model', () => {
  const parameters = [{ name: 'w', shape: [3, 2], decayed: true }];
  expect(readyDifferences(WORKER, { ...WORKER, parameters }).model[0]).toMatch(/^parameters:/);
});
