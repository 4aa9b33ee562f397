/** Claiming a run's journal: a coordinator that leads makes a segment of its own, which only one can make. */
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrnoError, ProspectError } from '../../core/errors.js';
import { storageError } from '../output/storage-error.js';
import type { RunLog } from '../run-log.js';
import { diskFiles } from '../snapshots/file-operations.js';
import { type Appender, createAppender } from './appender.js';
import type { Fence } from './fence.js';
import { EMPTY_JOURNAL, type ReadJournal, readJournal } from './read-journal.js';
import type { JournalRecord } from './record.js';
import { epochsIn, segmentPath } from './segments.js';
import { type JournalSummary, summarize } from './summary.js';

export interface Journal extends Appender {
  append(record: JournalRecord): Promise<void>;
  /** As they were when it was opened; empty for a new run. */
  readonly records: readonly JournalRecord[];
  readonly summary: JournalSummary;
}

export interface JournalClaim {
  readonly epoch: number;
  /** What the journal holds. Later records of earlier coordinators are void. */
  readonly found: ReadJournal;
  /** No later epoch is claimed. */
  isNewest(): Promise<boolean>;
  /** Goes on with what was found, or begins anew in its place. @throws STORAGE */
  open(options: OpenOptions): Promise<Journal>;
  /** Gives the claim back, unless the journal was opened. */
  drop(): Promise<void>;
}

export interface OpenOptions {
  readonly goesOn: boolean;
  /** Who leads, for people. */
  readonly holder: string;
  readonly fence: Fence;
  readonly log: Pick<RunLog, 'warn'>;
}

/**
 * @param folder is made where it is not there.
 * @param mayBeDamaged the journal is to be overwritten: a damaged one counts as empty.
 * @throws STORAGE for a damaged line, or a file that can't be read or written.
 */
export async function claimJournal(folder: string, { mayBeDamaged = false } = {}): Promise<JournalClaim> {
  try {
    await mkdir(folder, { recursive: true });
    await diskFiles.syncFolder(dirname(folder));
    const { epoch, path, file } = await makeSegment(folder);
    await diskFiles.syncFolder(folder);
    let isOpen = false;
    const drop = async () => {
      if (isOpen) return;
      isOpen = true;
      await file.close();
      await unlink(path);
    };
    const found = await readJournal(folder, epoch).catch(async (error: unknown) => {
      if (mayBeDamaged && error instanceof ProspectError) return EMPTY_JOURNAL;
      await drop();
      throw error;
    });
    return {
      epoch,
      found,
      isNewest: async () => (await epochsIn(folder)).at(-1) === epoch,
      async open(options) {
        isOpen = true;
        return openSegment(file, { folder, path, epoch, found: options.goesOn ? found : EMPTY_JOURNAL }, options);
      },
      drop,
    };
  } catch (cause) {
    throw storageError(cause, folder);
  }
}

/** Whoever comes second finds the name taken and makes the next one. */
async function makeSegment(folder: string): Promise<{ epoch: number; path: string; file: FileHandle }> {
  for (;;) {
    const epoch = ((await epochsIn(folder)).at(-1) ?? 0) + 1;
    const path = segmentPath(folder, epoch);
    try {
      return { epoch, path, file: await open(path, 'wx') };
    } catch (error) {
      if (!isErrnoError(error) || error.code !== 'EEXIST') throw error;
    }
  }
}

interface Opening {
  readonly folder: string;
  readonly path: string;
  readonly epoch: number;
  readonly found: ReadJournal;
}

async function openSegment(file: FileHandle, opening: Opening, options: OpenOptions): Promise<Journal> {
  const { folder, path, epoch, found } = opening;
  const { fence, holder, log } = options;
  const { records, lines, tornBytes } = found;
  try {
    if (found.epoch > 0) await syncFile(segmentPath(folder, found.epoch));
  } catch (cause) {
    await file.close();
    throw storageError(cause, path);
  }
  const appender = createAppender(file, { path, epoch, after: lines, fence });
  try {
    await appender.append({ kind: 'epoch', previous: found.epoch, after: lines, holder });
    if (found.epoch === 0) await forgetEarlier(folder, epoch);
    if (tornBytes > 0) {
      const message = `${tornBytes} bytes at its end are left out, of a record that was being written in a crash`;
      log.warn({ tornBytes }, `${segmentPath(folder, found.epoch)}: ${message}`);
    }
    return { ...appender, records, summary: summarize(records) };
  } catch (error) {
    await appender.close();
    throw error;
  }
}

/** Segments of another run, whose place this one takes. */
async function forgetEarlier(folder: string, epoch: number): Promise<void> {
  for (const earlier of await epochsIn(folder)) if (earlier < epoch) await unlink(segmentPath(folder, earlier));
}

/** What its coordinator had written but not synced counts from now on. */
async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.datasync().finally(() => file.close());
}
