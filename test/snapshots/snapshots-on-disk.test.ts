/** Snapshots in a real folder: what was written comes back to the bit, and becomes an adapter. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { snapshotCommand } from '../../cli/snapshot.js';
import { saveTrained } from '../../coordinator/output/save-trained.js';
import { diskFiles, type FileOperations } from '../../coordinator/snapshots/file-operations.js';
import { loadNewest } from '../../coordinator/snapshots/load-newest.js';
import { removeAllSnapshots } from '../../coordinator/snapshots/remove.js';
import { writeSnapshot } from '../../coordinator/snapshots/write-snapshot.js';
import { modelFolder } from '../support/parity-data.js';
import { testConfig } from '../support/rows.js';
import { arraysOf, expectItsOwnArrays, PARAMETERS, requestFor } from './snapshot-fixture.js';

let output: string;
let folder: string;

beforeEach(async () => {
  output = await mkdtemp(join(tmpdir(), 'prospect-snapshots-'));
  folder = join(output, 'snapshots');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(output, { recursive: true });
});

const log = { warn: (_: object, message: string) => expect.fail(message) };

/** The command's stdout; rejects with its error. */
async function run(...args: string[]): Promise<string> {
  let stdout = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text;
    return true;
  });
  try {
    await snapshotCommand().parseAsync(args, { from: 'user' });
  } catch (error) {
    throw Object.assign(error as Error, { stdout });
  } finally {
    vi.restoreAllMocks();
  }
  return stdout;
}

async function write(step: number, changes: Parameters<typeof requestFor>[2] = {}) {
  return writeSnapshot(requestFor(step, folder, changes));
}

test('what was written is read back to the bit, with its state', async () => {
  const written = await write(123);
  expect(written).toMatchObject({ folder: join(folder, 'step-000123'), step: 123, removed: [] });
  const loaded = await loadNewest(folder, { log });
  await expectItsOwnArrays(loaded!);
  const { facts } = requestFor(123, folder);
  const { config, ...others } = facts;
  expect(loaded!.state).toMatchObject({ ...others, seed: 42 });
  expect(loaded!.state.config).toEqual(JSON.parse(JSON.stringify(config)));
  expect(loaded!.manifestDigest).toBe(written.manifestDigest);
});

test('each manifest names the one before, and the last K stay', async () => {
  const digests: string[] = [];
  for (const step of [1, 2, 3, 4]) digests.push((await write(step, { keep: 2 })).manifestDigest);
  expect((await readdir(folder)).sort()).toEqual(['step-000003', 'step-000004']);
  expect((await loadNewest(folder, { log }))?.manifest.previous).toBe(digests[2]);
});

test('references that change while the snapshot is written are those of the moment it was asked for', async () => {
  const request = requestFor(5, folder);
  const writing = writeSnapshot(request);
  request.references.train.matched.fill(0);
  await writing;
  await expectItsOwnArrays((await loadNewest(folder, { log }))!);
});

test('no snapshots is nothing to resume from, and all of them can be removed', async () => {
  expect(await loadNewest(folder, { log })).toBeUndefined();
  await removeAllSnapshots(folder);
  await write(1);
  await removeAllSnapshots(folder);
  expect(await readdir(folder)).toEqual([]);
});

test('arrays that are not what the worker said, or break off, leave no trace', async () => {
  await write(1);
  const { first } = arraysOf(1);
  async function* other() {
    yield first;
  }
  await expect(write(2, { parameters: other() })).rejects.toMatchObject({
    code: 'WORKER_MISMATCH',
    message: expect.stringContaining('parameters.f32 of step 2'),
  });
  async function* broken() {
    yield first;
    throw new Error('the worker is gone');
  }
  await expect(write(2, { secondMoments: broken() })).rejects.toThrow('the worker is gone');
  expect(await readdir(folder)).toEqual(['step-000001']);
});

test('a disk that fills up is told with the room that is needed, and the earlier snapshot stays', async () => {
  await write(1);
  const files: FileOperations = {
    ...diskFiles,
    async create(path) {
      const file = await diskFiles.create(path);
      if (!path.endsWith('second-moments.f32')) return file;
      const full = () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
      return { ...file, write: full };
    },
  };
  await expect(writeSnapshot(requestFor(2, folder), files)).rejects.toMatchObject({
    code: 'STORAGE',
    message: expect.stringMatching(/snapshots: the disk is full \(0\.0 MiB needed/),
  });
  expect(await readdir(folder)).toEqual(['step-000001']);
});

test('facts that could not be read again are refused', async () => {
  const request = requestFor(1, folder);
  await expect(writeSnapshot({ ...request, facts: { ...request.facts, tokens: Number.NaN } })).rejects.toMatchObject({
    code: 'INTERNAL',
    message: expect.stringContaining('tokens'),
  });
  expect(await readdir(folder)).toEqual([]);
});

test('a folder that cannot be made is a STORAGE error', async () => {
  await writeFile(folder, '');
  await expect(write(1)).rejects.toMatchObject({ code: 'STORAGE' });
});

test('list and verify show every snapshot, and verify fails for a damaged one', async () => {
  await write(10);
  await write(20);
  expect(await run('verify', output)).toMatch(
    /^snapshot +step +MiB +written +state\nstep-000020 +20 .* intact\nstep-000010 /,
  );
  const path = join(folder, 'step-000020', 'second-moments.f32');
  const bytes = await readFile(path);
  bytes[8]! ^= 1;
  await writeFile(path, bytes);
  expect(await run('list', output)).toMatch(/step-000020 +20 +0\.0 +2026-01-01T00:00:00Z +whole/);
  await expect(run('verify', output)).rejects.toMatchObject({
    code: 'STORAGE',
    message: expect.stringContaining('step-000020 is damaged'),
    stdout: expect.stringMatching(/step-000020 .*damaged: second-moments\.f32 is damaged.*\nstep-000010 .*intact/),
  });
  expect(JSON.parse(await run('verify', join(folder, 'step-000010'), '--json'))).toMatchObject([
    { step: 10, problems: [] },
  ]);
});

test('export writes the adapter that the end of the run would have written', async () => {
  const config = testConfig({ model: modelFolder('llama-lora'), output, lora: { rank: 4 } });
  await writeSnapshot({ ...requestFor(7, folder), facts: { ...requestFor(7, folder).facts, config } });
  async function* values() {
    yield arraysOf(7).parameters;
  }
  const { sha256 } = await saveTrained({ config, parameters: PARAMETERS, values: values() });
  const target = join(output, 'exported');
  const snapshot = join(folder, 'step-000007');
  expect(JSON.parse(await run('export', snapshot, '--output', target, '--json'))).toEqual({
    folder: target,
    step: 7,
    sha256,
  });
  expect((await readdir(target)).sort()).toEqual((await readdir(join(output, 'adapter'))).sort());
  await expect(run('export', snapshot, '--output', target)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  await expect(run('export', output, '--output', `${target}2`)).rejects.toThrow('Name one of them');
  await writeFile(join(snapshot, 'state.json'), '{}');
  await expect(run('export', snapshot, '--output', `${target}2`)).rejects.toMatchObject({ code: 'STORAGE' });
});

test('a folder without snapshots is told as such', async () => {
  await expect(run('list', output)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('holds no snapshots, and is none'),
  });
});
