/** The protocol over real gRPC, with arithmetic that takes no time: what a run is made of, and each way it can end. */
import { describe, expect, test } from 'vitest';
import { withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import type { Compute } from '../../worker/compute/compute.js';
import { LINEAR_ENGINE, linearCompute } from '../support/linear-compute.js';
import { protocolRun, type RunSetting, type TestWorker } from '../support/protocol-run.js';

async function runOn(count: number, config: RunSetting['config'] = {}) {
  const { run, join } = await protocolRun({ config, wanted: count });
  const workers = Array.from({ length: count }, (_, i) => join({ id: `worker-${i}` }));
  return { ...(await run), workers: await Promise.all(workers) };
}

/** A worker that does one thing differently from its second call on. */
function changedLater<Name extends 'score' | 'gradient' | 'measure'>(name: Name, change: Compute[Name]): Compute {
  const original = linearCompute();
  let calls = 0;
  const changed = (...given: unknown[]) => {
    const method = (++calls > 1 ? change : original[name]) as (...given: unknown[]) => unknown;
    return method(...given);
  };
  return { ...original, [name]: changed };
}

describe('a run', () => {
  test.each([
    ['kto', {}],
    ['kto on the full model', { method: 'full' as const }],
    ['apo_zero_unpaired', { loss: { type: 'apo_zero_unpaired' } }],
    ['sft', { loss: { type: 'sft' } }],
    ['more epochs than one', { training: { epochs: 1.5, maxSteps: 15 } }],
  ])('of %s gives the same parameters and records on 1, 2, 3 and 5 workers', async (_, config) => {
    const results = [];
    for (const count of [1, 2, 3, 5]) {
      const { saved, steps, evaluations, workers } = await runOn(count, config);
      expect(workers).toEqual(new Array(count).fill(undefined));
      const records = steps.map(({ seconds: _seconds, workers: _workers, ...record }) => record);
      results.push({ digest: saved.parameterDigest, records, evaluations });
    }
    for (const result of results) expect(result).toEqual(results[0]);
  });

  test('evaluates before, during and after training', async () => {
    const { evaluations } = await runOn(2, { evaluation: { everySteps: 2 } });
    expect(evaluations.map(({ step }) => step)).toEqual([0, 2, 3]);
  });

  test('refuses a worker with another engine, names what differs, and takes an equal one in its place', async () => {
    const firstReady = withResolvers<void>();
    const { run, join } = await protocolRun({ wanted: 2, onReady: () => firstReady.resolve() });
    const equal = [join({ id: 'a' })];
    await firstReady.promise;
    const odd = linearCompute({ engine: { ...LINEAR_ENGINE, version: '2' } });
    expect(await join({ id: 'odd', compute: odd })).toMatchObject({
      code: 'WORKER_MISMATCH',
      message: expect.stringContaining('version: 2 instead of 1'),
    });
    equal.push(join({ id: 'b' }));
    await run;
    expect(await Promise.all(equal)).toEqual([undefined, undefined]);
  });
});

describe('a run ends with a clear error', () => {
  async function outcome(workers: readonly TestWorker[], onStep?: () => void) {
    const { run, join } = await protocolRun({ wanted: workers.length, ...(onStep && { onStep }) });
    const lives = workers.map(join);
    const error = await run.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return { error, lives: await Promise.all(lives) };
  }

  test('when a log-prob is not a number: the row’s file and line are named', async () => {
    const compute = changedLater('score', async ({ sequences }) =>
      sequences.map(({ row }) => ({ row, policyLogp: Number.NaN, referenceLogp: 0, entropySum: 0, logitSum: 0 })),
    );
    const { error } = await outcome([{ id: 'a' }, { id: 'b', compute }]);
    expect(error).toMatchObject({
      code: 'NON_FINITE',
      message: expect.stringMatching(/feedback\.jsonl:\d+: the policy/),
    });
  });

  test('when a worker holds another gradient', async () => {
    const compute = changedLater('measure', async () => ({ digest: 'other', norm: 1 }));
    const { error } = await outcome([{ id: 'a' }, { id: 'b', compute }]);
    expect(error).toMatchObject({ code: 'WORKER_MISMATCH', message: expect.stringContaining('step 2 differs on b') });
  });

  test('when a worker fails: all workers are told the reason', async () => {
    const compute = changedLater('gradient', async () => {
      throw new ProspectError('NON_FINITE', 'too large');
    });
    const { error, lives } = await outcome([{ id: 'a' }, { id: 'b', compute }]);
    expect(error).toMatchObject({ code: 'NON_FINITE', message: expect.stringMatching(/worker b .*: too large/) });
    expect(lives[0]).toMatchObject({ code: 'NON_FINITE', message: expect.stringContaining('too large') });
    expect(lives[1]).toMatchObject({ code: 'NON_FINITE', message: 'too large' });
  });

  test('when a worker leaves: worker and phase are named', async () => {
    const leaving = new AbortController();
    const workers = [{ id: 'a' }, { id: 'b', signal: leaving.signal }];
    const { error, lives } = await outcome(workers, () => leaving.abort());
    expect(error).toMatchObject({ code: 'WORKER_LOST', message: expect.stringMatching(/worker b .* of step 2/) });
    expect(lives[1]).toMatchObject({ code: 'INTERRUPTED' });
  });
});
