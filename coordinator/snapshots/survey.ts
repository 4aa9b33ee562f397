/** All snapshots of an output folder, for people who look at them. */
import { basename, dirname, join } from 'node:path';
import { ProspectError } from '../../core/errors.js';
import { checkSnapshot } from './check-snapshot.js';
import { diskFiles } from './file-operations.js';
import { listSnapshots, parseName } from './names.js';
import { quickCheck } from './quick-check.js';

/** In a run's output folder. */
export const SNAPSHOTS_FOLDER = 'snapshots';

export interface SurveyedSnapshot {
  readonly name: string;
  readonly path: string;
  readonly step: number;
  /** ISO 8601, and the size of the files; undefined where the manifest can't be read. */
  readonly writtenAt: string | undefined;
  readonly bytes: number | undefined;
  /** For a person; empty for a good one. */
  readonly problems: readonly string[];
}

/**
 * @param folder an output folder, or one snapshot.
 * @param depth sizes looks at the manifest and at file sizes; contents reads everything.
 * @returns newest first.
 * @throws CONFIG_INVALID where there are none.
 */
export async function surveySnapshots(folder: string, depth: 'sizes' | 'contents'): Promise<SurveyedSnapshot[]> {
  const paths = await snapshotPaths(folder);
  const surveyed: SurveyedSnapshot[] = [];
  for (const path of paths) {
    const quick = await quickCheck(path, diskFiles);
    const checked = depth === 'contents' ? await checkSnapshot(path, diskFiles) : quick.problems;
    const content = quick.manifest?.content;
    surveyed.push({
      name: basename(path),
      path,
      step: content?.step ?? parseName(basename(path))?.step ?? 0,
      writtenAt: content?.writtenAt,
      bytes: content && Object.values(content.files).reduce((sum, file) => sum + file.bytes, 0),
      problems: 'manifest' in checked ? [] : checked,
    });
  }
  return surveyed;
}

async function snapshotPaths(folder: string): Promise<string[]> {
  const within = join(folder, SNAPSHOTS_FOLDER);
  const { snapshots } = await listSnapshots(within, diskFiles);
  if (snapshots.length > 0) return snapshots.map(({ name }) => join(within, name));
  if (parseName(basename(folder)) && (await listSnapshots(dirname(folder), diskFiles)).snapshots.length > 0) {
    return [folder];
  }
  const message = `${folder} holds no snapshots, and is none: there is no ${join(within, 'step-000…')}.`;
  throw new ProspectError('CONFIG_INVALID', `${message} Name a run's output folder, or one of its snapshots.`);
}
