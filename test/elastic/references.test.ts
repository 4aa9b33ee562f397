/** Reference log-probs are computed once, in later epochs and later runs used again, and no bit depends on it. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProspectError } from '../../core/errors.js';
import { protocolRun, type RunSetting, type StartedProtocolRun } from '../support/protocol-run.js';
import { readMetrics } from '../support/read-metrics.js';
import { shapeBoundCompute } from '../support/shape-bound-compute.js';

/** Two epochs and a half. */
const STEPS = 25;
const TRAINING = { epochs: 3, maxSteps: STEPS };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-references-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Played {
  readonly config?: NonNullable<RunSetting['config']>;
  readonly workers?: number;
  readonly badRow?: number;
  /** Ends the run after this step, with a snapshot. */
  readonly stopAfter?: number;
  /** Ends the run after this step, and workers with it. */
  readonly crashAfter?: number;
  readonly resume?: RunSetting['resume'];
}

/** A run in this test's folder, where earlier ones have left their cache. */
async function play({ config = {}, workers = 2, badRow, stopAfter, crashAfter, resume }: Played = {}) {
  const messages: string[] = [];
  const started: StartedProtocolRun = await protocolRun({
    folder,
    wanted: workers,
    config: { ...config, training: { ...TRAINING, ...config.training } },
    onLog: (message) => messages.push(message),
    onStep(step) {
      if (step === stopAfter) started.stop(new ProspectError('INTERRUPTED', 'ended'));
      if (step === crashAfter) started.fail(new ProspectError('INTERNAL', 'all is gone'));
    },
    resume: resume ?? { mode: 'overwrite', allow: [] },
  });
  const computes = Array.from({ length: workers }, () => shapeBoundCompute(badRow));
  const lives = computes.map((compute, i) => started.join({ id: `${i}`, compute }));
  const digest = await started.run.then(
    ({ saved }) => saved.parameterDigest,
    () => undefined,
  );
  await Promise.all(lives);
  const lines = await readMetrics(join(folder, 'out'));
  const metrics = lines.map(({ workers: _, ...line }) =>
    Object.fromEntries(Object.entries(line).filter(([name]) => !name.includes('second'))),
  );
  const asked = computes.reduce((sum, compute) => sum + compute.askedReferences(), 0);
  const ahead = messages.filter((message) => message === 'reference log-probs computed').length;
  return { result: { digest, metrics }, asked, ahead };
}

const forgetCache = () => rm(join(folder, 'cache'), { recursive: true, force: true });

async function cacheFiles(): Promise<string[]> {
  return readdir(join(folder, 'cache', 'reference')).catch(() => []);
}

describe.each(['perEpoch', 'fixed'] as const)('an adapter run with pairs %s', (pairs) => {
  const config = { data: { pairs } };

  test('computes what an earlier one has left no more, and comes out the same', async () => {
    const first = await play({ config });
    const second = await play({ config });
    expect(first.asked).toBeGreaterThan(0);
    expect(second.asked).toBe(0);
    expect(second.result).toEqual(first.result);
    expect(await cacheFiles()).toHaveLength(1);
  });

  test('uses what one with another learning rate and beta has left', async () => {
    await play({ config });
    const other = { ...config, loss: { beta: 0.4 }, training: { learningRate: 0.03 } };
    const filled = await play({ config: other, workers: 3 });
    await forgetCache();
    expect(filled.asked).toBe(0);
    expect(filled.result).toEqual((await play({ config: other, workers: 1 })).result);
  });

  test.each([
    ['shorter', 4],
    ['shorter, but longer than an epoch,', 13],
    ['longer', 28],
  ])('uses what a %s one has left', async (_, maxSteps) => {
    const empty = await play({ config });
    await forgetCache();
    await play({ config: { ...config, training: { maxSteps } } });
    const filled = await play({ config });
    expect(filled.asked).toBeLessThan(empty.asked);
    expect(filled.result).toEqual(empty.result);
    expect((await play({ config })).asked).toBe(0);
  });

  test('uses what an interrupted one has left, and goes on with a cache or without', async () => {
    const empty = await play({ config });
    for (const isForgotten of [false, true]) {
      await play({ config, stopAfter: 14 });
      if (isForgotten) await forgetCache();
      const resumed = await play({ config, workers: 1, resume: { mode: 'resume', allow: [] } });
      expect(resumed.result).toEqual(empty.result);
    }
  });

  test('makes steps again with what they used the first time', async () => {
    const snapshots = { everySteps: 4, keep: 2 };
    const empty = await play({ config });
    await forgetCache();
    await play({ config: { ...config, snapshots }, crashAfter: 7 });
    expect((await play({ config, resume: { mode: 'resume', allow: [] } })).result).toEqual(empty.result);
  });

  test('that sets a row aside comes out the same with a cache and without, and leaves only what came before', async () => {
    const whole = await play({ config });
    const filled = await play({ config, badRow: 17 });
    expect(filled.result.digest).not.toBe(whole.result.digest);
    await forgetCache();
    const empty = await play({ config, badRow: 17, workers: 1 });
    expect(empty.result).toEqual(filled.result);
    expect((await play({ config })).result).toEqual(whole.result);
  });

  test('whose configuration was changed on the way leaves nothing', async () => {
    await play({ config, stopAfter: 14 });
    await forgetCache();
    const changed = { ...config, training: { learningRate: 0.2 } };
    const allow = ['training.learningRate'];
    const { result } = await play({ config: changed, resume: { mode: 'resume', allow } });
    expect(result.digest).toBeDefined();
    expect(await cacheFiles()).toEqual([]);
  });
});

test('fixed pairs are computed in the first epoch alone', async () => {
  const config = { data: { pairs: 'fixed', heldOut: 0 }, training: { epochs: 1, maxSteps: 99 } };
  const one = await play({ config });
  await forgetCache();
  const three = await play({ config: { ...config, training: { epochs: 3, maxSteps: 99 } } });
  expect(three.asked).toBe(one.asked);
  const rows = one.result.metrics.reduce((sum, step) => sum + step.desirable_count! + step.undesirable_count!, 0);
  expect(one.asked).toBe(2 * rows);
});

describe.each(['perEpoch', 'fixed'] as const)('full fine-tuning with pairs %s', (pairs) => {
  const config = { method: 'full' as const, data: { pairs } };

  test('scores ahead what an earlier run has not left, and comes out the same', async () => {
    const empty = await play({ config });
    expect(empty.ahead).toBe(STEPS);
    expect((await play({ config })).ahead).toBe(0);
    await forgetCache();
    await play({ config: { ...config, training: { maxSteps: 7 } } });
    const filled = await play({ config, workers: 3 });
    expect(filled.ahead).toBe(STEPS - 7);
    expect(filled.result).toEqual(empty.result);
  });
});
