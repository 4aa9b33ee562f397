/** Coordinators end and come back, over real gRPC: the run goes on with the same steps, metrics and parameters. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProspectError } from '../../core/errors.js';
import { type ProtocolRun, protocolRun, type RunSetting, type StartedProtocolRun } from '../support/protocol-run.js';
import { readMetrics } from '../support/read-metrics.js';

/** Two epochs and a half: the last steps use reference log-probs of the first ones. */
const TRAINING = { epochs: 3, maxSteps: 25 };
const CONFIG = {
  training: TRAINING,
  evaluation: { everySteps: 10 },
  snapshots: { everySteps: 4, keep: 2 },
} satisfies RunSetting['config'];
const RESUME = { mode: 'resume', allow: [] } as const;
const UNPLUGGED = new ProspectError('STORAGE', 'the disk is gone');

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-resume-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function undisturbed(config: RunSetting['config'] = CONFIG) {
  const own = join(folder, 'undisturbed');
  const { run, join: add } = await protocolRun({ config, wanted: 1, folder: own });
  const life = add({ id: 'a' });
  const { saved } = await run;
  expect(await life).toBeUndefined();
  return { digest: saved.parameterDigest, metrics: await metricsOf(own) };
}

/** Without what depends on workers and clocks. */
async function metricsOf(from: string) {
  const lines = await readMetrics(join(from, 'out'));
  return lines.map(({ workers: _workers, ...line }) => {
    return Object.fromEntries(Object.entries(line).filter(([name]) => !name.includes('second')));
  });
}

/** A run in this test's folder that is ended at a step. */
async function endedAt(step: number, end: (run: StartedProtocolRun) => void, config: RunSetting['config'] = CONFIG) {
  const started: StartedProtocolRun = await protocolRun({
    config,
    wanted: 2,
    folder,
    onStep: (now) => (now === step ? end(started) : undefined),
  });
  const lives = ['a', 'b'].map((id) => started.join({ id }));
  const error = await started.run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, lives, port: started.port };
}

const interrupt = (run: StartedProtocolRun) => run.stop(new ProspectError('INTERRUPTED', 'ended by SIGTERM'));

async function resumed(setting: Partial<RunSetting> = {}): Promise<ProtocolRun> {
  const { run, join: add } = await protocolRun({ config: CONFIG, wanted: 1, folder, resume: RESUME, ...setting });
  const life = add({ id: 'c' });
  const result = await run;
  expect(await life).toBeUndefined();
  return result;
}

async function expectSame({ saved }: ProtocolRun, config?: RunSetting['config']) {
  const expected = await undisturbed(config);
  expect(saved.parameterDigest).toBe(expected.digest);
  expect(await metricsOf(folder)).toEqual(expected.metrics);
}

describe('a run that was interrupted', () => {
  test.each([1, 7, 14, 23])(
    'after step %d ends with a snapshot of its last step, and goes on from it',
    async (step) => {
      const { error, lives } = await endedAt(step, interrupt);
      expect(error).toMatchObject({
        code: 'INTERRUPTED',
        message: expect.stringMatching(/^ended by SIGTERM\. The run in .* can go on from step \d+/),
      });
      expect(await Promise.all(lives)).toEqual([undefined, undefined]);
      await expectSame(await resumed());
    },
  );

  test('goes on with the references of full fine-tuning, which no worker can compute any more', async () => {
    const config = { ...CONFIG, method: 'full' as const };
    await endedAt(14, interrupt, config);
    await rm(join(folder, 'cache'), { recursive: true });
    await expectSame(await resumed({ config }), config);
  });
});

describe('a coordinator that is gone without a word', () => {
  test.each([1, 13, 24, 25])('after step %d comes back, and its workers go on where they were', async (step) => {
    const { lives, port } = await endedAt(step, (run) => run.fail(UNPLUGGED));
    const { run } = await protocolRun({ config: CONFIG, wanted: 2, folder, port, resume: RESUME });
    await expectSame(await run);
    expect(await Promise.all(lives)).toEqual([undefined, undefined]);
  });

  test('with all of its workers: the newest snapshot is gone on from, and steps after it are made again', async () => {
    const { lives } = await endedAt(6, (run) => run.fail(new ProspectError('INTERNAL', 'all is gone')));
    expect(await Promise.all(lives)).toMatchObject([{ code: 'PROTOCOL' }, { code: 'PROTOCOL' }]);
    await expectSame(await resumed());
  });
});

describe('an unfinished run in the output folder', () => {
  beforeEach(() => endedAt(6, interrupt));

  test('is in the way of a new one, which says what to do', async () => {
    await expect(protocolRun({ config: CONFIG, wanted: 1, folder })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/not finished \(\d+ steps so far\).*--resume.*--overwrite/),
    });
  });

  test('is forgotten on demand', async () => {
    await expectSame(await resumed({ resume: { mode: 'overwrite', allow: [] } }));
  });

  test('does not go on with another configuration, unless that is allowed by name', async () => {
    const config = { ...CONFIG, training: { ...TRAINING, learningRate: 0.2 } };
    await expect(resumed({ config })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('training.learningRate: 0.1 → 0.2'),
    });
    const { saved } = await resumed({ config, resume: { ...RESUME, allow: ['training.learningRate'] } });
    expect(saved.parameterDigest).not.toBe((await undisturbed()).digest);
    expect((await metricsOf(folder)).filter((line) => 'loss' in line).map(({ step }) => step)).toEqual(
      Array.from({ length: 25 }, (_, i) => i + 1),
    );
  });

  test('may go on with another number of workers and other snapshots', async () => {
    const config = { ...CONFIG, workers: { min: 1, max: 3, waitSeconds: 60 }, snapshots: { everySteps: 1, keep: 1 } };
    await expectSame(await resumed({ config }));
  });
});

test('a folder without a run has nothing to resume, and a finished run neither', async () => {
  await expect(resumed()).rejects.toMatchObject({ message: expect.stringContaining('holds no step of a run') });
  await resumed({ resume: { mode: 'automatic', allow: [] } });
  await expect(resumed()).rejects.toMatchObject({ message: expect.stringMatching(/run test in .* is finished/) });
});

test('a second coordinator on the same folder is refused', async () => {
  const { run, join: add } = await protocolRun({ config: CONFIG, wanted: 1, folder });
  await expect(resumed({ resume: { mode: 'automatic', allow: [] } })).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
  const life = add({ id: 'a' });
  await run;
  expect(await life).toBeUndefined();
});
