/** The commit journal of a run, `<output>/journal.jsonl`: what is in it was on the disk before anyone acted on it. */
import { type FileHandle, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrnoError, ProspectError } from '../../core/errors.js';
import { storageError } from '../output/storage-error.js';
import type { RunLog } from '../run-log.js';
import { diskFiles } from '../snapshots/file-operations.js';
import { type Appender, createAppender } from './appender.js';
import { type ParsedJournal, parseJournal } from './parse-journal.js';
import type { JournalRecord } from './record.js';
import { type JournalSummary, summarize } from './summary.js';

/** In a run's output folder. */
export const JOURNAL_FILE = 'journal.jsonl';

export interface Journal extends Appender {
  /** As they were when it was opened; empty for a new run. */
  readonly records: readonly JournalRecord[];
  readonly summary: JournalSummary;
}

export interface JournalOptions {
  readonly path: string;
  /** new refuses the folder of a run that is not finished; overwrite forgets it; resume goes on with it. */
  readonly mode: 'new' | 'overwrite' | 'resume';
  readonly log: Pick<RunLog, 'warn'>;
}

const EMPTY: ParsedJournal = { records: [], wholeBytes: 0, lacksLineEnd: false };

/**
 * @throws CONFIG_INVALID for an unfinished run that is in the way of a new one; STORAGE for a damaged line, or a file
 *   that can't be read or written.
 */
export async function openJournal({ path, mode, log }: JournalOptions): Promise<Journal> {
  try {
    const parsed = mode === 'overwrite' ? EMPTY : await readJournal(path);
    if (mode === 'new') refuseUnfinished(parsed.records, path);
    if (mode !== 'resume') await removeIfThere(path);
    const { records, wholeBytes, lacksLineEnd } = mode === 'resume' ? parsed : EMPTY;
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a+');
    try {
      await repair(file, { path, wholeBytes, lacksLineEnd, log });
      await file.sync();
      await diskFiles.syncFolder(dirname(path));
      const length = wholeBytes + Number(lacksLineEnd);
      return { records, summary: summarize(records), ...createAppender(file, { path, length, count: records.length }) };
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (cause) {
    throw storageError(cause, path);
  }
}

/**
 * Without changing the file. Empty where there is none.
 * @throws STORAGE for a damaged line.
 */
export async function readJournal(path: string): Promise<ParsedJournal> {
  try {
    return parseJournal(await readFile(path), path);
  } catch (cause) {
    if (isErrnoError(cause) && cause.code === 'ENOENT') return EMPTY;
    throw cause;
  }
}

function refuseUnfinished(records: readonly JournalRecord[], path: string): void {
  const { start, finished, lastCommitted } = summarize(records);
  if (!start || finished) return;
  const folder = dirname(path);
  throw new ProspectError(
    'CONFIG_INVALID',
    `output: ${folder} holds run ${start.runId}, which is not finished (${lastCommitted?.step ?? 0} steps so far). ` +
      'Go on with it (--resume), choose another output, or begin anew in its place (--overwrite).',
  );
}

interface Repair extends Pick<ParsedJournal, 'wholeBytes' | 'lacksLineEnd'> {
  readonly path: string;
  readonly log: Pick<RunLog, 'warn'>;
}

async function repair(file: FileHandle, { path, wholeBytes, lacksLineEnd, log }: Repair): Promise<void> {
  const { size } = await file.stat();
  if (size > wholeBytes) {
    await file.truncate(wholeBytes);
    const bytes = size - wholeBytes;
    log.warn({ bytes }, `${path}: cut off ${bytes} bytes at the end, of a record that was being written in a crash`);
  }
  if (lacksLineEnd) await file.write('\n');
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isErrnoError(error) || error.code !== 'ENOENT') throw error;
  }
}
