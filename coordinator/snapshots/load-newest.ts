/** The newest snapshot that is what was written. Damaged ones are named and passed over, never used. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ProspectError } from '../../core/errors.js';
import type { RunLog } from '../run-log.js';
import { type CheckedSnapshot, checkSnapshot } from './check-snapshot.js';
import { diskFiles, type FileOperations } from './file-operations.js';
import { FIRST_MOMENTS_FILE, PARAMETERS_FILE, SECOND_MOMENTS_FILE } from './layout.js';
import { listSnapshots } from './names.js';
import { filePieces } from './pieces.js';
import { unreadable } from './quick-check.js';

export interface LoadedSnapshot extends CheckedSnapshot {
  /**
   * Consecutive pieces of each flat array, each an array of its own, as often as they are asked for.
   * At the end they throw STORAGE when the file has changed since it was checked.
   */
  parameters(): AsyncGenerator<Float32Array<ArrayBuffer>>;
  firstMoments(): AsyncGenerator<Float32Array<ArrayBuffer>>;
  secondMoments(): AsyncGenerator<Float32Array<ArrayBuffer>>;
}

export interface LoadOptions {
  readonly log: Pick<RunLog, 'warn'>;
  readonly files?: FileOperations;
  /** Told each one that is passed over. */
  readonly onDamaged?: (step: number, reason: string) => void;
}

/**
 * @param folder `<output>/snapshots`
 * @returns undefined when there are no snapshots.
 * @throws STORAGE when there are some and none is intact.
 */
export async function loadNewest(
  folder: string,
  { log, files = diskFiles, onDamaged }: LoadOptions,
): Promise<LoadedSnapshot | undefined> {
  const { snapshots } = await listSnapshots(folder, files).catch((cause: unknown) => {
    throw new ProspectError('STORAGE', `${folder}: ${unreadable('the folder of snapshots', cause)}`, { cause });
  });
  const damaged: string[] = [];
  for (const { name, step } of snapshots) {
    const checked = await checkSnapshot(join(folder, name), files);
    if ('manifest' in checked) return opened(checked, files);
    onDamaged?.(step, checked.join('; '));
    damaged.push(`${name}: ${checked.join('; ')}`);
    log.warn(
      { step, problems: checked },
      `snapshot ${name} can't be used: ${checked.join('; ')}. Trying the one before.`,
    );
  }
  if (damaged.length === 0) return undefined;
  throw new ProspectError(
    'STORAGE',
    `${folder}: no snapshot is intact. Restore one from a backup, or start anew with --overwrite.\n  ${damaged.join('\n  ')}`,
  );
}

/** @throws STORAGE with all that is wrong with it. */
export async function loadSnapshot(path: string, files: FileOperations = diskFiles): Promise<LoadedSnapshot> {
  const checked = await checkSnapshot(path, files);
  if ('manifest' in checked) return opened(checked, files);
  throw new ProspectError('STORAGE', `${path} can't be used: ${checked.join('; ')}`);
}

function opened(checked: CheckedSnapshot, files: FileOperations): LoadedSnapshot {
  const valuesOf = (name: string) => floatPieces(checked, name, files);
  return {
    ...checked,
    parameters: () => valuesOf(PARAMETERS_FILE),
    firstMoments: () => valuesOf(FIRST_MOMENTS_FILE),
    secondMoments: () => valuesOf(SECOND_MOMENTS_FILE),
  };
}

async function* floatPieces(
  { path, manifest }: CheckedSnapshot,
  name: string,
  files: FileOperations,
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  const hash = createHash('sha256');
  const file = join(path, name);
  try {
    for await (const piece of filePieces(files, file)) {
      hash.update(piece);
      yield new Float32Array(piece.buffer, 0, Math.floor(piece.length / Float32Array.BYTES_PER_ELEMENT));
    }
  } catch (cause) {
    throw new ProspectError('STORAGE', `${path}: ${unreadable(name, cause)}`, { cause });
  }
  if (hash.digest('hex') === manifest.files[name]?.sha256) return;
  throw new ProspectError('STORAGE', `${file} has changed since it was checked; don't use what was read of it`);
}
