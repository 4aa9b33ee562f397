/** Adapters that are published while a run goes on, over real gRPC: whole, of exactly their step, and gated. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AdapterManifestSchema } from '../../core/adapters/manifest.js';
import { ProspectError } from '../../core/errors.js';
import { parseRunEvent } from '../../core/events/run-event.js';
import { protocolRun, type RunSetting } from '../support/protocol-run.js';

const STEPS = 5;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-publication-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Publish = NonNullable<NonNullable<RunSetting['config']>['publish']>;

function publishing(publish: Partial<Publish>, setting: Partial<RunSetting> = {}, name = 'run') {
  const config = { training: { maxSteps: STEPS }, publish: { keep: 20, ...publish }, ...setting.config };
  return protocolRun({ wanted: 2, folder: join(folder, name), ...setting, config });
}

async function finished(publish: Partial<Publish>, setting: Partial<RunSetting> = {}, name = 'run') {
  const started = await publishing(publish, setting, name);
  const lives = ['a', 'b'].map((id) => started.join({ id }));
  const { saved } = await started.run;
  await Promise.all(lives);
  return saved;
}

function published(...names: string[]): string {
  return join(folder, 'run', 'out', 'published', ...names);
}

async function manifestOf(path: string) {
  return AdapterManifestSchema.parse(JSON.parse(await readFile(published(path), 'utf8')));
}

async function eventsOf(kind: string) {
  const lines = (await readFile(join(folder, 'run', 'out', 'events.jsonl'), 'utf8')).trimEnd().split('\n');
  return lines.map(parseRunEvent).filter((event) => event.kind === kind);
}

test('every so many steps and after the last one a version is there, with its digests and the evaluation of its step', async () => {
  const saved = await finished({ everySteps: 2 });
  expect((await readdir(published())).sort()).toEqual(['1', '2', '3', 'current.json']);
  const manifests = await Promise.all(['1', '2', '3'].map((version) => manifestOf(join(version, 'manifest.json'))));
  expect(manifests.map(({ step }) => step)).toEqual([2, 4, 5]);
  const evaluations = await eventsOf('evaluation');
  for (const { step, version, evaluation, files } of manifests) {
    const told = evaluations.find((event) => 'step' in event && event.step === step);
    expect(told).toMatchObject({ metrics: evaluation });
    for (const { name, sha256 } of files) {
      const content = await readFile(published(String(version), name));
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
  }
  expect(manifests.at(-1)!.files).toContainEqual(expect.objectContaining({ sha256: saved.sha256 }));
  expect(await manifestOf('current.json')).toEqual(manifests.at(-1));
  expect(await eventsOf('adapterPublished')).toMatchObject([{ adapter: 1 }, { adapter: 2 }, { adapter: 3 }]);
});

test('a version is the adapter that a run of so many steps ends with, and publishing changes no bit of the run', async () => {
  const training = (maxSteps: number) => ({ training: { maxSteps, schedule: 'constant' } });
  const saved = await finished({ everySteps: 3 }, { config: training(STEPS) });
  const { files } = await manifestOf(join('1', 'manifest.json'));
  const short = await finished({}, { config: training(3) }, 'short');
  expect(files.find(({ name }) => name === 'adapter_model.safetensors')?.sha256).toBe(short.sha256);
  const plain = await finished({}, { config: { ...training(STEPS), publish: undefined } }, 'plain');
  expect(saved.parameterDigest).toBe(plain.parameterDigest);
});

test('after a restart numbers go on, and what a crash left of current is put right', async () => {
  const killed = new ProspectError('INTERNAL', 'killed');
  const first = await publishing(
    { everySteps: 2 },
    { onStep: (step) => (step === 3 ? first.fail(killed) : undefined) },
  );
  const life = first.join({ id: 'a' });
  const other = first.join({ id: 'b' });
  await expect(first.run).rejects.toThrow('killed');
  await Promise.all([life, other]);
  await rm(published('current.json'));
  await finished({ everySteps: 2 }, { resume: { mode: 'resume', allow: [] } });
  const steps = await Promise.all(
    ['1', '2', '3'].map(async (version) => (await manifestOf(join(version, 'manifest.json'))).step),
  );
  expect(steps).toEqual([2, 4, 5]);
});

test('old versions go, the newest ones stay', async () => {
  await finished({ everySteps: 1, keep: 2 });
  expect((await readdir(published())).sort()).toEqual(['4', '5', 'current.json']);
});
