/** Names of snapshot folders: `step-000123`, with `-2` behind it when the step has one already; hidden while unfinished. */
import { isErrnoError } from '../../core/errors.js';
import type { FileOperations } from './file-operations.js';

const NAME = /^step-(\d{6,})(?:-(\d+))?$/;
/** Being written or being removed; a crash leaves them behind. */
const UNFINISHED = /^\.step-[\d-]+\.(partial|removed)$/;

export interface SnapshotName {
  readonly name: string;
  readonly step: number;
  /** 1-based; above 1 when a step was taken again, after the earlier snapshot of it was found damaged. */
  readonly attempt: number;
}

export interface SnapshotFolder {
  /** Newest first. */
  readonly snapshots: readonly SnapshotName[];
  /** Names of folders that a crash left. */
  readonly unfinished: readonly string[];
}

export function parseName(name: string): SnapshotName | undefined {
  const [, step, attempt] = NAME.exec(name) ?? [];
  return step === undefined ? undefined : { name, step: Number(step), attempt: Number(attempt ?? 1) };
}

/** The name for one more snapshot of a step. */
export function nextName(step: number, existing: readonly SnapshotName[]): SnapshotName {
  const attempt = 1 + Math.max(0, ...existing.filter((other) => other.step === step).map((other) => other.attempt));
  const plain = `step-${String(step).padStart(6, '0')}`;
  return { name: attempt === 1 ? plain : `${plain}-${attempt}`, step, attempt };
}

export function partialName(name: string): string {
  return `.${name}.partial`;
}

export function removedName(name: string): string {
  return `.${name}.removed`;
}

/** @param folder `<output>/snapshots`; empty where there is none. */
export async function listSnapshots(folder: string, files: FileOperations): Promise<SnapshotFolder> {
  const names = await files.list(folder).catch((error: unknown) => {
    if (isErrnoError(error) && error.code === 'ENOENT') return [];
    throw error;
  });
  const snapshots = names.map(parseName).filter((name) => name !== undefined);
  snapshots.sort((a, b) => b.step - a.step || b.attempt - a.attempt);
  return { snapshots, unfinished: names.filter((name) => UNFINISHED.test(name)) };
}
