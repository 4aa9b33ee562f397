/**
 * Writes a snapshot while training goes on. At no moment is there a snapshot folder that is not complete: files, then
 * the manifest, are written and synced in a hidden folder; only then does it get its name. Older ones go after that.
 */
import { dirname, join } from 'node:path';
import { isErrnoError, ProspectError } from '../../core/errors.js';
import { layoutOf } from '../../core/parameters.js';
import { VERSION } from '../../core/version.js';
import { storageError } from '../output/storage-error.js';
import type { RunReferences } from '../reference-cache/table.js';
import { digestOfConfig } from './config-digest.js';
import { diskFiles, type FileOperations } from './file-operations.js';
import { FIRST_MOMENTS_FILE, PARAMETERS_FILE, REFERENCES_FILE, SECOND_MOMENTS_FILE, STATE_FILE } from './layout.js';
import { type FileEntry, MANIFEST_FILE, manifestDigest, manifestText } from './manifest.js';
import { listSnapshots, nextName, partialName, type SnapshotName } from './names.js';
import { bytePieces, cut, writePieces } from './pieces.js';
import { newestManifestDigest } from './quick-check.js';
import { referenceBytes, referenceLengths } from './references.js';
import { removeTree } from './remove.js';
import { removeOldSnapshots } from './retention.js';
import { parseState, type SnapshotFacts, type SnapshotState } from './state.js';

export interface SnapshotRequest {
  /** `<output>/snapshots`; its parent exists. */
  readonly folder: string;
  /** How many good snapshots stay, with this one. */
  readonly keep: number;
  readonly facts: SnapshotFacts;
  /** Consecutive pieces of each flat array. They must come from a copy that training does not touch. */
  readonly parameters: AsyncIterable<Float32Array>;
  readonly firstMoments: AsyncIterable<Float32Array>;
  readonly secondMoments: AsyncIterable<Float32Array>;
  /** Copied before anything is awaited. */
  readonly references: RunReferences;
  /** Unix time. */
  readonly writtenAtMs: number;
}

export interface WrittenSnapshot {
  readonly folder: string;
  readonly step: number;
  readonly bytes: number;
  /** SHA-256 of manifest.json, hex. */
  readonly manifestDigest: string;
  /** Names of older snapshots that went. */
  readonly removed: readonly string[];
}

type Files = Readonly<Record<string, FileEntry>>;

/**
 * @throws STORAGE when it can't be written; WORKER_MISMATCH when the arrays that came are not those of the digests. Nothing
 *   half-written stays, and all earlier snapshots do.
 */
export async function writeSnapshot(
  request: SnapshotRequest,
  files: FileOperations = diskFiles,
): Promise<WrittenSnapshot> {
  const { folder, keep, facts } = request;
  const references = referenceBytes(request.references);
  try {
    const existing = await prepareFolder(folder, files);
    const target = nextName(facts.step, existing);
    const partial = join(folder, partialName(target.name));
    const written = await writeContent(request, { partial, references, existing }, files).catch(async (error) => {
      await removeTree(partial, files).catch(() => undefined);
      throw error;
    });
    await files.rename(partial, join(folder, target.name));
    await files.syncFolder(folder);
    const removed = await removeOldSnapshots({ folder, keep, written: target }, files);
    return { folder: join(folder, target.name), step: facts.step, ...written, removed };
  } catch (cause) {
    throw storageError(cause, folder, neededBytes(facts, references));
  }
}

/** Makes the folder where it is not there, and clears what a crash left in it. */
async function prepareFolder(folder: string, files: FileOperations): Promise<readonly SnapshotName[]> {
  await files.makeFolder(folder).catch((error: unknown) => {
    if (!isErrnoError(error) || error.code !== 'EEXIST') throw error;
  });
  await files.syncFolder(dirname(folder));
  const { snapshots, unfinished } = await listSnapshots(folder, files);
  for (const name of unfinished) await removeTree(join(folder, name), files);
  return snapshots;
}

interface Place {
  readonly partial: string;
  readonly references: Uint8Array;
  readonly existing: readonly SnapshotName[];
}

async function writeContent(request: SnapshotRequest, { partial, references, existing }: Place, files: FileOperations) {
  const { folder, facts } = request;
  const write = (name: string, pieces: Parameters<typeof writePieces>[2]) =>
    writePieces(files, join(partial, name), pieces);
  await files.makeFolder(partial);
  const entries: Files = {
    [PARAMETERS_FILE]: await write(PARAMETERS_FILE, bytePieces(request.parameters)),
    [FIRST_MOMENTS_FILE]: await write(FIRST_MOMENTS_FILE, bytePieces(request.firstMoments)),
    [SECOND_MOMENTS_FILE]: await write(SECOND_MOMENTS_FILE, bytePieces(request.secondMoments)),
    [REFERENCES_FILE]: await write(REFERENCES_FILE, cut(references)),
  };
  checkArrays(facts, entries);
  const all = { ...entries, [STATE_FILE]: await write(STATE_FILE, cut(Buffer.from(stateText(request)))) };
  const text = manifestText({
    prospect: VERSION,
    step: facts.step,
    writtenAt: new Date(request.writtenAtMs).toISOString(),
    previous: await newestManifestDigest(folder, existing, files),
    files: all,
  });
  await write(MANIFEST_FILE, cut(Buffer.from(text)));
  await files.syncFolder(partial);
  const bytes = Object.values(all).reduce((sum, entry) => sum + entry.bytes, 0);
  return { bytes, manifestDigest: manifestDigest(text) };
}

/** A snapshot of other weights than those that were committed would be worse than none. */
function checkArrays(facts: SnapshotFacts, entries: Files): void {
  const bytes = layoutOf(facts.parameters).length * Float32Array.BYTES_PER_ELEMENT;
  const expected: readonly [string, string][] = [
    [PARAMETERS_FILE, facts.parameterDigest],
    [FIRST_MOMENTS_FILE, facts.firstMomentDigest],
    [SECOND_MOMENTS_FILE, facts.secondMomentDigest],
  ];
  for (const [name, sha256] of expected) {
    const entry = entries[name]!;
    if (entry.bytes === bytes && entry.sha256 === sha256) continue;
    throw new ProspectError(
      'WORKER_MISMATCH',
      `what a worker sent as ${name} of step ${facts.step} is not what it said: ${entry.bytes} bytes with SHA-256 ` +
        `${entry.sha256} instead of ${bytes} bytes with ${sha256}. No snapshot was written.`,
    );
  }
}

/** Read once for a check: a snapshot that can't be read again is found out now. */
function stateText({ facts, references }: SnapshotRequest): string {
  const state: SnapshotState = {
    ...facts,
    seed: facts.config.training.seed,
    configDigest: digestOfConfig(facts.config),
    references: referenceLengths(references),
  };
  const text = `${JSON.stringify(state, null, 2)}\n`;
  const read = parseState(text);
  if (typeof read === 'string') throw new ProspectError('INTERNAL', `a snapshot's facts are not complete: ${read}`);
  return text;
}

function neededBytes({ parameters }: SnapshotFacts, references: Uint8Array): number {
  return 3 * layoutOf(parameters).length * Float32Array.BYTES_PER_ELEMENT + references.length;
}
