import { beforeEach, expect, test } from 'vitest';
import { linearCompute } from '../../test/support/linear-compute.js';
import type { Compute } from '../compute/compute.js';
import { createDonor, type Donor } from './donor.js';
import { createParameters, type Parameters } from './parameters.js';

let copies: number;
let compute: Compute;
let parameters: Parameters;
let donor: Donor;

beforeEach(async () => {
  const original = linearCompute();
  copies = 0;
  compute = {
    ...original,
    exportState: (into) => {
      copies += 1;
      return original.exportState(into);
    },
  };
  const { values, digest } = await compute.load({} as never);
  parameters = createParameters(values.byteLength / 4, { step: 0, parameterDigest: digest, updates: 0 });
  donor = createDonor(parameters, compute);
});

async function advance(): Promise<void> {
  const gradient = new SharedArrayBuffer(parameters.length * 4);
  new Float32Array(gradient).fill(1);
  await parameters.change(async ({ step, updates }) => {
    const update = { gradient, norm: 1, learningRate: 0.1, updateNumber: updates + 1 };
    return { step: step + 1, updates: updates + 1, parameterDigest: await compute.update(update) };
  });
}

test('those who ask at the same time share a copy, which training does not change', async () => {
  await advance();
  const [first, second] = await Promise.all([donor.lend(1), donor.lend(0)]);
  expect(copies).toBe(1);
  expect(second.arrays).toBe(first.arrays);
  const before = await compute.digest(first.arrays.parameters);
  expect(first.header).toMatchObject({ step: 1, updates: 1, parameterDigest: before });
  await advance();
  expect(await compute.digest(first.arrays.parameters)).toBe(before);
  expect((await donor.lend(1)).header.step).toBe(1);
});

test('a later state gets memory of its own while the copy before it travels, and the same memory after that', async () => {
  const first = await donor.lend(0);
  await advance();
  const second = await donor.lend(1);
  expect(second.arrays).not.toBe(first.arrays);
  expect(second.header).toMatchObject({ step: 1, parameterDigest: parameters.applied().parameterDigest });
  second.giveBack();
  await advance();
  const third = await donor.lend(1);
  expect(third.arrays).toBe(second.arrays);
  expect(third.header.step).toBe(2);
});

test('who wants the parameters alone gets them without the moments, or with those that are there', async () => {
  await advance();
  const result = await donor.lend(1, true);
  expect(result.header.parameterDigest).toBe(parameters.applied().parameterDigest);
  expect(result.arrays.parameters.byteLength).toBe(parameters.length * 4);
  expect(result.arrays.secondMoment.byteLength).toBe(0);
  const whole = await donor.lend(1);
  expect(whole.arrays.secondMoment.byteLength).toBe(parameters.length * 4);
  expect((await donor.lend(1, true)).arrays).toBe(whole.arrays);
});

test('a copy from before the run went back is not given any more', async () => {
  await advance();
  await donor.lend(1);
  const { parameterDigest } = parameters.applied();
  await parameters.change(async () => ({ step: 0, parameterDigest, updates: 0 }));
  expect((await donor.lend(0)).header.step).toBe(0);
});

test('a state that is still to come is refused, and a copy that failed is made again', async () => {
  await expect(donor.lend(1)).rejects.toMatchObject({ code: 'PROTOCOL' });
  const failing = createDonor(parameters, { ...compute, digest: () => Promise.reject(new Error('no memory')) });
  await expect(failing.lend(0)).rejects.toThrow('no memory');
  await expect(failing.lend(0)).rejects.toThrow('no memory');
  expect(copies).toBe(2);
});
