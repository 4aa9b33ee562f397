/** Which snapshots stay: the last good ones. The one that was just written is always among them. */
import { join } from 'node:path';
import type { FileOperations } from './file-operations.js';
import { listSnapshots, type SnapshotName } from './names.js';
import { quickCheck } from './quick-check.js';
import { removeSnapshots } from './remove.js';

export interface ListedSnapshot extends SnapshotName {
  readonly looksWhole: boolean;
}

/**
 * Snapshots of later steps, and earlier tries of the same step, are those that the run could not resume from: it went
 * on from before them. They would be taken for newer ones, so they go too.
 * @param existing newest first, with the written one.
 * @returns those to remove.
 */
export function superfluous(
  existing: readonly ListedSnapshot[],
  written: SnapshotName,
  keep: number,
): ListedSnapshot[] {
  let good = 0;
  return existing.filter((snapshot) => {
    if (snapshot.name === written.name) {
      good++;
      return false;
    }
    if (snapshot.step >= written.step) return true;
    if (good >= keep) return true;
    if (snapshot.looksWhole) good++;
    return false;
  });
}

/** @returns the names of the removed ones. */
export async function removeOldSnapshots(
  { folder, keep, written }: { readonly folder: string; readonly keep: number; readonly written: SnapshotName },
  files: FileOperations,
): Promise<string[]> {
  const { snapshots } = await listSnapshots(folder, files);
  const listed: ListedSnapshot[] = [];
  for (const snapshot of snapshots) {
    const { problems } = await quickCheck(join(folder, snapshot.name), files);
    listed.push({ ...snapshot, looksWhole: problems.length === 0 });
  }
  const names = superfluous(listed, written, keep).map(({ name }) => name);
  await removeSnapshots(folder, names, files);
  return names;
}
