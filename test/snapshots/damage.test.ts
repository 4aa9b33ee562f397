/** Every kind of damage to every file of a snapshot: the one before is used, and loudly; wrong weights never are. */
import { expect, test } from 'vitest';
import { loadNewest } from '../../coordinator/snapshots/load-newest.js';
import { writeSnapshot } from '../../coordinator/snapshots/write-snapshot.js';
import { type CrashingDisk, createDisk } from './crashing-files.js';
import { expectItsOwnArrays, joined, requestFor } from './snapshot-fixture.js';

const FOLDER = '/out/snapshots';
const NEWEST = `${FOLDER}/step-000020`;
const FILES = [
  'parameters.f32',
  'first-moments.f32',
  'second-moments.f32',
  'references.f64',
  'state.json',
  'manifest.json',
];

async function diskWith(steps: readonly number[]): Promise<CrashingDisk> {
  const disk = createDisk();
  await disk.files.makeFolder('/out');
  for (const step of steps) await writeSnapshot(requestFor(step, FOLDER), disk.files);
  return disk;
}

/** The one before is found and right, and the log names the newest and what is wrong with it. */
async function expectTheOneBefore(disk: CrashingDisk, problem: RegExp | string): Promise<void> {
  const lines: string[] = [];
  const warn = (_: object, message: string) => void lines.push(message);
  const loaded = await loadNewest(FOLDER, { log: { warn }, files: disk.files });
  expect(loaded?.state.step).toBe(10);
  await expectItsOwnArrays(loaded!);
  expect(lines).toEqual([expect.stringMatching(/^snapshot step-000020 can't be used: /)]);
  expect(lines[0]).toMatch(problem);
}

test.each(FILES)('a flipped bit anywhere in %s is noticed', async (name) => {
  const disk = await diskWith([10, 20]);
  const path = `${NEWEST}/${name}`;
  const bytes = disk.contents().get(path)!;
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes);
    flipped[at]! ^= 1 << (at % 8);
    disk.put(path, flipped);
    await expectTheOneBefore(disk, name === 'manifest.json' ? /manifest|version/ : `${name} is damaged`);
  }
});

test.each(FILES)('any truncation of %s is noticed, and bytes that were added', async (name) => {
  const disk = await diskWith([10, 20]);
  const path = `${NEWEST}/${name}`;
  const bytes = disk.contents().get(path)!;
  for (let length = 0; length < bytes.length; length += 7) {
    disk.put(path, bytes.subarray(0, length));
    await expectTheOneBefore(disk, name);
  }
  disk.put(path, Buffer.concat([bytes, Buffer.from('\n')]));
  await expectTheOneBefore(disk, name);
});

test.each(FILES)('%s missing is noticed', async (name) => {
  const disk = await diskWith([10, 20]);
  await disk.files.removeFile(`${NEWEST}/${name}`);
  await expectTheOneBefore(disk, `${name} is missing`);
});

test.each(FILES)('%s of another snapshot is noticed', async (name) => {
  const disk = await diskWith([10, 20]);
  disk.put(`${NEWEST}/${name}`, disk.contents().get(`${FOLDER}/step-000010/${name}`)!);
  await expectTheOneBefore(disk, /damaged|bytes instead of/);
});

test('a file that does not belong to it is noticed, except a hidden one', async () => {
  const disk = await diskWith([10, 20]);
  disk.put(`${NEWEST}/.nfs0001`, Buffer.from(''));
  const log = { warn: () => expect.fail('nothing is wrong') };
  expect((await loadNewest(FOLDER, { log, files: disk.files }))?.state.step).toBe(20);
  disk.put(`${NEWEST}/parameters.old`, Buffer.from(''));
  await expectTheOneBefore(disk, 'parameters.old does not belong to it');
});

test('a snapshot of another schema version is told apart from a damaged one', async () => {
  const disk = await diskWith([10, 20]);
  const path = `${NEWEST}/manifest.json`;
  const manifest = JSON.parse(disk.contents().get(path)!.toString());
  disk.put(path, Buffer.from(JSON.stringify({ ...manifest, schemaVersion: 2 })));
  await expectTheOneBefore(disk, 'it has schema version 2, and this prospect reads version 1');
});

test('a snapshot under another step’s name, or a file in its place, is noticed', async () => {
  const disk = await diskWith([10]);
  disk.put(`${FOLDER}/step-000030`, Buffer.from('text'));
  await writeSnapshot(requestFor(20, FOLDER), disk.files);
  await disk.files.rename(NEWEST, `${FOLDER}/step-000025`);
  const lines: string[] = [];
  const warn = (_: object, message: string) => void lines.push(message);
  expect((await loadNewest(FOLDER, { log: { warn }, files: disk.files }))?.state.step).toBe(10);
  expect(lines.join('\n')).toContain('its folder is named for step 25, but it is of step 20');
});

test('no intact one is an error that names all of them and what is wrong', async () => {
  const disk = await diskWith([10, 20]);
  await disk.files.removeFile(`${NEWEST}/state.json`);
  await disk.files.removeFile(`${FOLDER}/step-000010/manifest.json`);
  await expect(loadNewest(FOLDER, { log: { warn: () => undefined }, files: disk.files })).rejects.toMatchObject({
    code: 'STORAGE',
    message: expect.stringMatching(
      /no snapshot is intact[\s\S]*step-000020: state.json is missing[\s\S]*step-000010: manifest/,
    ),
  });
});

test('arrays that change after they were checked throw at their end', async () => {
  const disk = await diskWith([10]);
  const loaded = await loadNewest(FOLDER, { log: { warn: () => undefined }, files: disk.files });
  const path = `${FOLDER}/step-000010/second-moments.f32`;
  disk.put(
    path,
    Buffer.from(
      disk
        .contents()
        .get(path)!
        .map((byte) => byte ^ 1),
    ),
  );
  await joined(loaded!.firstMoments());
  await expect(joined(loaded!.secondMoments())).rejects.toMatchObject({ code: 'STORAGE' });
});
