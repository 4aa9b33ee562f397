/** The order of a step's messages, from the worker's side; the work itself is tested with whole runs. */
import { beforeEach, expect, test } from 'vitest';
import { linearCompute } from '../test/support/linear-compute.js';
import { createExchange } from './allreduce/exchange.js';
import { createGradientStore } from './allreduce/gradient-store.js';
import { createReducer } from './allreduce/reduce.js';
import { applyStep, computeGradients, reduceStep, scoreMismatched, scoreSequences } from './step-work.js';
import type { WorkerState } from './worker-state.js';

const STEP = { generation: 1, step: 4 };
const SEQUENCE = { row: 3, tokenIds: Buffer.from(Uint32Array.of(1, 2, 3).buffer), promptLength: 1, desirable: true };
const MICROBATCH = { leaf: 0, sequences: [{ ...SEQUENCE, referenceLogp: undefined }] };
const PLAN = { ...STEP, mismatched: [MICROBATCH], matched: [MICROBATCH], leafCount: 1, sftScale: 1 };
const REDUCE = { ...STEP, leafCount: 1, exampleCount: 1, leaves: [{ start: 0, end: 1 }] };
const COMMIT = { ...STEP, learningRate: 0.1 };
const LOSS = { type: 'kto', beta: 0.1, desirableWeight: 1, undesirableWeight: 1, sftWeight: 0 } as const;

let state: WorkerState;

beforeEach(async () => {
  const compute = linearCompute();
  const { values } = await compute.load({} as never);
  const exchange = createExchange(createGradientStore(values.byteLength / 4, compute), values);
  const reducer = createReducer({ rank: 0, worldSize: 1 }, [], exchange, compute);
  state = {
    compute,
    loaded: { loss: LOSS, compute, exchange },
    member: { generation: 1, reducer, plan: undefined, reduced: undefined, close: () => undefined },
  };
});

test('a step in order changes the parameters', async () => {
  const before = Buffer.from(new Uint8Array(state.loaded!.exchange.parameters).slice());
  expect((await scoreMismatched(PLAN, state)).scores).toMatchObject([{ row: 3, policyLogp: -4, referenceLogp: -4 }]);
  expect((await computeGradients({ ...STEP, z0: 0 }, state)).scores).toMatchObject([{ row: 3 }]);
  expect((await reduceStep(REDUCE, state)).digest).toMatch(/^[0-9a-f]{64}$/);
  expect(await applyStep(COMMIT, state)).toEqual(STEP);
  expect(before.equals(new Uint8Array(state.loaded!.exchange.parameters))).toBe(false);
});

test('a message of another generation is refused', async () => {
  await expect(scoreMismatched({ ...PLAN, generation: 2 }, state)).rejects.toMatchObject({
    code: 'PROTOCOL',
    message: 'a message of generation 2 reached a worker of generation 1',
  });
});

test('a message of another step is refused', async () => {
  await scoreMismatched(PLAN, state);
  await expect(computeGradients({ generation: 1, step: 5, z0: 0 }, state)).rejects.toThrow(
    'a message of step 5 reached a worker at step 4',
  );
});

test('gradients without a plan, and a commit without a reduction, are refused', async () => {
  await expect(computeGradients({ ...STEP, z0: 0 }, state)).rejects.toThrow(/between steps/);
  await scoreMismatched(PLAN, state);
  await expect(applyStep(COMMIT, state)).rejects.toThrow(/committed before its gradient was reduced/);
});

test('a step is applied once', async () => {
  await scoreMismatched(PLAN, state);
  await computeGradients({ ...STEP, z0: 0 }, state);
  await reduceStep(REDUCE, state);
  await applyStep(COMMIT, state);
  await expect(applyStep(COMMIT, state)).rejects.toMatchObject({ code: 'PROTOCOL' });
});

test('work before the model is loaded is refused', async () => {
  state.loaded = undefined;
  const plan = { generation: 1, task: 1, microbatches: [MICROBATCH], policy: true, reference: true };
  await expect(scoreSequences(plan, state)).rejects.toThrow(/before the model was loaded/);
});
