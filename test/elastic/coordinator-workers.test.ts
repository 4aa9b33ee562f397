/** Workers come, go and fail in every phase, over real gRPC: steps, metrics and parameters stay what they are undisturbed. */
import { beforeAll, describe, expect, test } from 'vitest';
import { withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import type { Compute } from '../../worker/compute/compute.js';
import { LINEAR_ENGINE, linearCompute } from '../support/linear-compute.js';
import { type ProtocolRun, protocolRun, type RunSetting, type TestWorker } from '../support/protocol-run.js';

/** Three epochs. */
const CONFIG = { training: { epochs: 3, maxSteps: 30 }, evaluation: { everySteps: 10 } };

type Method = 'score' | 'gradient' | 'measure' | 'update' | 'importState';

/** A worker that does one thing otherwise in one of its calls. */
function changedOnce<Name extends Method>(name: Name, call: number, change: Compute[Name]): Compute {
  const original = linearCompute();
  let calls = 0;
  const changed = (...given: unknown[]) => {
    const method = (++calls === call ? change : original[name]) as (...given: unknown[]) => unknown;
    return method(...given);
  };
  return { ...original, [name]: changed };
}

const fails = async () => {
  throw new ProspectError('INTERNAL', 'out of memory');
};

/** What must not depend on workers. */
function resultOf({ saved, steps, evaluations }: ProtocolRun) {
  const records = steps.map(({ seconds: _s, computingSeconds: _c, workers: _w, ...record }) => record);
  return { digest: saved.parameterDigest, records, evaluations };
}

async function runWith(workers: readonly TestWorker[], setting: Partial<RunSetting> = {}) {
  const { run, join } = await protocolRun({ config: CONFIG, wanted: workers.length, ...setting });
  const lives = workers.map(join);
  const result = await run;
  return { ...result, lives: await Promise.all(lives) };
}

let undisturbed: ReturnType<typeof resultOf>;

beforeAll(async () => {
  undisturbed = resultOf(await runWith([{ id: 'a' }]));
  expect(undisturbed.records.map(({ step }) => step)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
});

describe('a worker that fails', () => {
  test.each([
    ['score', 1],
    ['score', 7],
    ['gradient', 1],
    ['gradient', 9],
    ['measure', 4],
    ['update', 5],
  ] as const)('in its %s number %d is lost, and nothing else is', async (name, call) => {
    const compute = changedOnce(name, call, fails as never);
    const result = await runWith([{ id: 'a' }, { id: 'b', compute }, { id: 'c' }]);
    expect(resultOf(result)).toEqual(undisturbed);
    expect(result.lives).toMatchObject([undefined, { code: 'INTERNAL', message: 'out of memory' }, undefined]);
    expect(result.steps.at(-1)!.workers).toBe(2);
  });

  test.each([3, 40])('ahead of full fine-tuning, in its score number %d: the reference is the same', async (call) => {
    const config = { ...CONFIG, method: 'full' as const };
    const expected = resultOf(await runWith([{ id: 'a' }], { config }));
    const compute = changedOnce('score', call, fails as never);
    const result = await runWith([{ id: 'a' }, { id: 'b', compute }], { config });
    expect(resultOf(result)).toEqual(expected);
    expect(result.lives).toMatchObject([undefined, { code: 'INTERNAL' }]);
  });

  test('while all others have just left is waited for, and its work is done by who comes next', async () => {
    const compute = changedOnce('gradient', 9, fails as never);
    const started = await protocolRun({
      config: { ...CONFIG, snapshots: { everySteps: 1, keep: 3 } },
      wanted: 1,
      onLog: (message) => {
        if (message === 'worker lost') lives.push(started.join({ id: 'b' }));
      },
    });
    const lives = [started.join({ id: 'a', compute })];
    expect(resultOf(await started.run)).toEqual(undisturbed);
    expect(await Promise.all(lives)).toMatchObject([{ code: 'INTERNAL' }, undefined]);
  });
});

describe('a worker that leaves', () => {
  test('is let go at once and misses nobody', async () => {
    const leaving = new AbortController();
    const onStep = (step: number) => (step === 3 ? leaving.abort() : undefined);
    const result = await runWith([{ id: 'a' }, { id: 'b', signal: leaving.signal }], { onStep });
    expect(resultOf(result)).toEqual(undisturbed);
    expect(result.lives).toEqual([undefined, undefined]);
    expect(result.steps.at(-1)!.workers).toBe(1);
  });

  test('below the minimum: the run pauses, and goes on when another one comes', async () => {
    const leaving = new AbortController();
    const messages: string[] = [];
    const started = await protocolRun({
      config: { ...CONFIG, workers: { min: 2, max: 2, waitSeconds: 60 } },
      wanted: 2,
      onStep: (step) => (step === 3 ? leaving.abort() : undefined),
      onLog: (message) => {
        messages.push(message);
        if (message.startsWith('paused')) lives.push(started.join({ id: 'c' }));
      },
    });
    const lives = [started.join({ id: 'a' }), started.join({ id: 'b', signal: leaving.signal })];
    expect(resultOf(await started.run)).toEqual(undisturbed);
    expect(await Promise.all(lives)).toEqual([undefined, undefined, undefined]);
    expect(messages.filter((message) => message.startsWith('paused'))).toEqual([
      'paused: 1 of at least 2 workers are there; the run ends in 60 s',
    ]);
  });
});

test('workers that come later heal while training goes on, and then take part', async () => {
  const lives: Promise<unknown>[] = [];
  const started = await protocolRun({
    config: CONFIG,
    wanted: 1,
    onStep: (step) => {
      if (step === 2 || step === 5) lives.push(started.join({ id: `later-${step}` }));
    },
  });
  lives.push(started.join({ id: 'a' }));
  const result = await started.run;
  expect(resultOf(result)).toEqual(undisturbed);
  expect(await Promise.all(lives)).toEqual([undefined, undefined, undefined]);
  expect(result.steps.at(-1)!.workers).toBe(3);
});

test('a worker that gives another gradient is thrown out by name, heals and takes part again', async () => {
  const compute = changedOnce('measure', 4, async () => ({ digest: 'other', norm: 1 }));
  const messages: string[] = [];
  const onLog = (message: string) => void messages.push(message);
  const result = await runWith([{ id: 'a' }, { id: 'b', compute }, { id: 'c' }], { onLog });
  expect(resultOf(result)).toEqual(undisturbed);
  expect(messages.filter((message) => message.includes('thrown out:'))).toEqual([
    expect.stringContaining('worker b is thrown out: its reduced gradient of step 4 differed'),
  ]);
});

test('a worker with another engine is refused by name, and an equal one is taken in its place', async () => {
  const firstReady = withResolvers<void>();
  const onLog = (message: string) => (message === 'worker ready' ? firstReady.resolve() : undefined);
  const { run, join } = await protocolRun({ config: CONFIG, wanted: 2, onLog });
  const equal = [join({ id: 'a' })];
  await firstReady.promise;
  const odd = linearCompute({ engine: { ...LINEAR_ENGINE, version: '2' } });
  expect(await join({ id: 'odd', compute: odd })).toMatchObject({
    code: 'WORKER_MISMATCH',
    message: expect.stringContaining('version: 2 instead of 1'),
  });
  equal.push(join({ id: 'b' }));
  expect(resultOf(await run)).toEqual(undisturbed);
  expect(await Promise.all(equal)).toEqual([undefined, undefined]);
});

describe('rows whose scores are not finite', () => {
  /** @param rows that no worker can score after its first few calls. */
  function spoiled(rows: readonly number[]): Compute {
    const original = linearCompute();
    const gradient: Compute['gradient'] = async (request) => {
      const scores = await original.gradient(request);
      return scores.map((score) => (rows.includes(score.row) ? { ...score, policyLogp: Number.NaN } : score));
    };
    return { ...original, gradient };
  }

  test('are named, set aside and counted, the same on any number of workers', async () => {
    const results = [];
    for (const ids of [['a'], ['a', 'b', 'c']]) {
      const warnings: string[] = [];
      const onLog = (message: string) => (message.includes('set aside') ? warnings.push(message) : undefined);
      const workers = ids.map((id) => ({ id, compute: spoiled([3, 40]) }));
      const result = await runWith(workers, { onLog });
      expect(warnings).toEqual([
        expect.stringMatching(/feedback\.jsonl:\d+: its log-probs are not finite in step \d+/),
        expect.stringMatching(/feedback\.jsonl:\d+: its log-probs are not finite in step \d+/),
      ]);
      expect(result.steps.at(-1)!.setAside).toBe(2);
      const rows = result.steps.flatMap(({ examples }) => examples.map(({ row }) => row));
      expect(rows.filter((row) => row === 3 || row === 40)).toEqual([]);
      results.push(resultOf(result));
    }
    expect(results[1]).toEqual(results[0]);
  });

  test('end the run when there are more than allowed', async () => {
    const config = { ...CONFIG, data: { setAside: 1 } };
    const { run, join } = await protocolRun({ config, wanted: 1 });
    const life = join({ id: 'a', compute: spoiled([3, 40]) });
    await expect(run).rejects.toMatchObject({
      code: 'NON_FINITE',
      message: expect.stringMatching(/2 rows .* more than data\.setAside allows \(1\)[\s\S]*feedback\.jsonl:\d+/),
    });
    expect(await life).toBeUndefined();
  });
});
