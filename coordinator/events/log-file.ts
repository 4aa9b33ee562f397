/**
 * events.jsonl on the disk: lines are gathered and appended beside what the run does, so that telling an event waits for
 * nothing. Over its limit the file loses its older half; the numbers of the lines then show what is gone.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toProspectError } from '../../core/errors.js';
import type { Fence } from '../journal/fence.js';
import { storageError } from '../output/storage-error.js';
import { diskFiles } from '../snapshots/file-operations.js';

export interface LogFile {
  /**
   * Returns at once. `lazily`: it may be gathered with what follows for some time, at most until something else is asked
   * for. A failure is told to `onError`, once; what follows is not written.
   */
  append(text: string, lazily: boolean): void;
  /** When all that was appended would survive a power failure. */
  sync(): Promise<void>;
  /** Whole lines from a place on; none when there is nothing new. */
  read(from: Place): Promise<{ readonly lines: readonly string[]; readonly next: Place }>;
  close(): Promise<void>;
}

/** In the file as it was after so many cuts. A place in an older one stands for the file's beginning. */
export interface Place {
  readonly cuts: number;
  readonly offset: number;
}

export const BEGINNING: Place = { cuts: -1, offset: 0 };

export interface LogFileOptions {
  readonly path: string;
  /** Bytes of the file that stay; must end with a whole line. */
  readonly length: number;
  readonly limitBytes: number;
  readonly fence: Pick<Fence, 'mayAct'>;
  readonly onError: (error: Error) => void;
}

/** A line is far shorter; a longer one is read in several goes. */
const READ_BYTES = 2 ** 18;
const COPY_BYTES = 2 ** 20;
const LINE_END = 10;
/** Each write costs a turn of another thread: at 50 lines a second that alone were 2 % of a processor. */
const GATHERED_MS = 1000;

/** @throws STORAGE */
export async function openLogFile(options: LogFileOptions): Promise<LogFile> {
  const { path, length, limitBytes, fence, onError } = options;
  let file = await openAt(path, length);
  let size = length;
  let cuts = 0;
  let isSynced = false;
  let waiting: string[] = [];
  let failed: Error | undefined;
  let last: Promise<void> = Promise.resolve();
  let closing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  /** One after the other: nothing reads or writes while the file is replaced. */
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = last.then(work);
    last = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  };
  const flush = async () => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    const bytes = Buffer.from(waiting.join(''));
    waiting = [];
    if (failed) return;
    try {
      size += await writeAll(file, bytes, size);
      isSynced = false;
      if (size > limitBytes) await cut();
    } catch (cause) {
      failed = toProspectError(storageError(cause, path));
      onError(failed);
    }
  };
  const cut = async () => {
    // By name: it would replace a successor's file.
    await fence.mayAct();
    const kept = await copyFrom(file, path, await lineStartAfter(file, size - Math.floor(limitBytes / 2), size), size);
    await file.close();
    ({ file, size } = kept);
    cuts++;
  };
  return {
    append(text, lazily) {
      waiting.push(`${text}\n`);
      if (lazily) timer ??= setTimeout(() => void inTurn(flush), GATHERED_MS);
      else void inTurn(flush);
    },
    sync: () =>
      inTurn(async () => {
        await flush();
        if (!isSynced && !failed) await file.datasync();
        isSynced = true;
      }),
    read: (from) =>
      inTurn(async () => {
        await flush();
        const offset = from.cuts === cuts ? from.offset : 0;
        const { lines, end } = await readLinesAt(file, offset, size);
        return { lines, next: { cuts, offset: end } };
      }),
    close() {
      closing ??= inTurn(async () => {
        await flush();
        await file.close();
      });
      return closing;
    },
  };
}

async function openAt(path: string, length: number): Promise<FileHandle> {
  try {
    const file = await open(path, length === 0 ? 'w+' : 'r+');
    await file.truncate(length);
    return file;
  } catch (cause) {
    throw storageError(cause, path);
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<number> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
  return bytes.length;
}

async function readLinesAt(file: FileHandle, offset: number, size: number): Promise<{ lines: string[]; end: number }> {
  for (let bytes = READ_BYTES; ; bytes *= 2) {
    const wanted = Math.min(bytes, size - offset);
    if (wanted <= 0) return { lines: [], end: offset };
    const buffer = Buffer.allocUnsafe(wanted);
    const { bytesRead } = await file.read(buffer, 0, wanted, offset);
    const whole = buffer.lastIndexOf(LINE_END, bytesRead - 1) + 1;
    if (whole > 0) return { lines: buffer.toString('utf8', 0, whole - 1).split('\n'), end: offset + whole };
    if (bytesRead < bytes) return { lines: [], end: offset };
  }
}

/** @returns where the first line begins that lies wholly behind `offset`. */
async function lineStartAfter(file: FileHandle, offset: number, size: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (let at = offset; at < size; at += READ_BYTES) {
    const { bytesRead } = await file.read(buffer, 0, READ_BYTES, at);
    const end = buffer.subarray(0, bytesRead).indexOf(LINE_END);
    if (end !== -1) return at + end + 1;
  }
  return size;
}

/** The file is replaced at once: a crash leaves the one from before or the one from after. */
async function copyFrom(from: FileHandle, path: string, start: number, size: number) {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w+');
  try {
    const buffer = Buffer.allocUnsafe(COPY_BYTES);
    let copied = 0;
    while (start + copied < size) {
      const { bytesRead } = await from.read(buffer, 0, Math.min(COPY_BYTES, size - start - copied), start + copied);
      copied += await writeAll(file, buffer.subarray(0, bytesRead), copied);
    }
    await file.sync();
    await rename(temporary, path);
    await diskFiles.syncFolder(dirname(path));
    return { file, size: copied };
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
}
