/** The power fails at every file operation of writing a snapshot: there is always the newest intact one, and it is right. */
import { expect, test } from 'vitest';
import { checkSnapshot } from '../../coordinator/snapshots/check-snapshot.js';
import { loadNewest } from '../../coordinator/snapshots/load-newest.js';
import { listSnapshots } from '../../coordinator/snapshots/names.js';
import { writeSnapshot } from '../../coordinator/snapshots/write-snapshot.js';
import { type CrashingDisk, createDisk, PowerFailure } from './crashing-files.js';
import { expectItsOwnArrays, requestFor, seededRandom } from './snapshot-fixture.js';

const FOLDER = '/out/snapshots';
/** How the unsynced part of the disk may look, for each operation. */
const FATES = 12;

async function diskWith(steps: readonly number[], keep: number): Promise<CrashingDisk> {
  const disk = createDisk();
  await disk.files.makeFolder('/out');
  await disk.files.syncFolder('/');
  for (const step of steps) await writeSnapshot(requestFor(step, FOLDER, { keep }), disk.files);
  return disk;
}

/** @returns the step of the snapshot that is found; warnings about damaged ones fail the test. */
async function foundStep(disk: CrashingDisk): Promise<number | undefined> {
  const warn = (_: object, message: string) => expect.fail(message);
  const loaded = await loadNewest(FOLDER, { log: { warn }, files: disk.files });
  if (loaded) await expectItsOwnArrays(loaded);
  return loaded?.state.step;
}

/** What has a snapshot's name is one, also those that are not the newest. */
async function expectAllIntact({ files }: CrashingDisk): Promise<void> {
  for (const { name } of (await listSnapshots(FOLDER, files)).snapshots) {
    expect(await checkSnapshot(`${FOLDER}/${name}`, files), name).toHaveProperty('manifest');
  }
}

test.each([
  ['no earlier snapshot', [], 3],
  ['earlier snapshots', [10, 20], 3],
  ['an old one to remove', [10, 20, 30], 3],
  ['the only earlier one to remove', [10], 1],
])('with %s, a crash at any operation leaves the new snapshot or the ones before', async (_, earlier, keep) => {
  const undisturbed = await diskWith(earlier, keep);
  const before = undisturbed.operations();
  await writeSnapshot(requestFor(40, FOLDER, { keep }), undisturbed.files);
  const operations = undisturbed.operations() - before;
  expect(operations).toBeGreaterThan(20);

  const found = new Set<number | undefined>();
  for (let operation = 1; operation <= operations; operation++) {
    const disk = await diskWith(earlier, keep);
    disk.crashAt(operation);
    const writing = writeSnapshot(requestFor(40, FOLDER, { keep }), disk.files);
    await expect(writing, `operation ${operation}`).rejects.toThrow(PowerFailure);
    for (let fate = 0; fate < FATES; fate++) {
      const survived = disk.afterPowerFailure(seededRandom(operation * FATES + fate));
      const step = await foundStep(survived);
      expect([40, earlier.at(-1)], `operation ${operation}, fate ${fate}`).toContain(step);
      found.add(step);
      await expectAllIntact(survived);
      await writeSnapshot(requestFor(50, FOLDER, { keep }), survived.files);
      expect(await foundStep(survived)).toBe(50);
      expect([...survived.contents().keys()].filter((path) => path.includes('/.'))).toEqual([]);
    }
  }
  expect(found).toEqual(new Set([40, earlier.at(-1)]));
});

test('a snapshot whose writing has returned survives a crash at once', async () => {
  for (let fate = 0; fate < 100; fate++) {
    const disk = await diskWith([10, 20, 30, 40], 2);
    expect(await foundStep(disk.afterPowerFailure(seededRandom(fate)))).toBe(40);
  }
});

test('after a damaged newest one, the snapshots of the run that went on from the one before count', async () => {
  const disk = await diskWith([10, 20], 2);
  const parameters = `${FOLDER}/step-000020/parameters.f32`;
  disk.put(
    parameters,
    Buffer.from(
      disk
        .contents()
        .get(parameters)!
        .map((byte) => byte ^ 1),
    ),
  );
  const { removed } = await writeSnapshot(requestFor(15, FOLDER, { keep: 2 }), disk.files);
  expect(removed).toEqual(['step-000020']);
  expect(await foundStep(disk)).toBe(15);
  await writeSnapshot(requestFor(20, FOLDER, { keep: 2 }), disk.files);
  expect(await foundStep(disk)).toBe(20);
});

test('a step that has a damaged snapshot gets another one, and the damaged one goes', async () => {
  const disk = await diskWith([10, 20], 2);
  disk.put(`${FOLDER}/step-000020/state.json`, Buffer.from('{}'));
  const { folder, removed } = await writeSnapshot(requestFor(20, FOLDER, { keep: 2 }), disk.files);
  expect(folder).toBe(`${FOLDER}/step-000020-2`);
  expect(removed).toEqual(['step-000020']);
  expect(await foundStep(disk)).toBe(20);
});
