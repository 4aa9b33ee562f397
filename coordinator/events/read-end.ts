/** The end of an events.jsonl that a coordinator goes on with: where it is whole, its last number, what it has told. */
import { type FileHandle, open } from 'node:fs/promises';
import { isErrnoError } from '../../core/errors.js';
import type { RunEvent } from '../../core/events/run-event.js';
import { storageError } from '../output/storage-error.js';
import { NOTHING_TOLD, type Told, toldBy } from './told.js';

export interface LogEnd {
  /** Of the lines that are whole. */
  readonly bytes: number;
  readonly sequence: number;
  readonly told: Told;
}

export const EMPTY_LOG: LogEnd = { bytes: 0, sequence: 0, told: NOTHING_TOLD };

/** The last step's line is in the last few lines, unless workers came and went for long. */
const FIRST_READ_BYTES = 2 ** 16;

/**
 * @returns EMPTY_LOG where there is no file, or another run's.
 * @throws STORAGE
 */
export async function readEnd(path: string, run: string): Promise<LogEnd> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (cause) {
    if (isErrnoError(cause) && cause.code === 'ENOENT') return EMPTY_LOG;
    throw storageError(cause, path);
  }
  try {
    const { size } = await file.stat();
    for (let bytes = FIRST_READ_BYTES; ; bytes *= 2) {
      const start = Math.max(0, size - bytes);
      const buffer = Buffer.alloc(size - start);
      await file.read(buffer, 0, buffer.length, start);
      const end = endOf(buffer, start);
      if (end && end.run !== run) return EMPTY_LOG;
      if (end?.isComplete || start === 0) return end ?? EMPTY_LOG;
    }
  } catch (cause) {
    throw storageError(cause, path);
  } finally {
    await file.close();
  }
}

interface FoundEnd extends LogEnd {
  readonly run: string;
  /** A step is among the lines: earlier ones can't say more. */
  readonly isComplete: boolean;
}

/** @param start of the buffer in the file; the first line is a part of one unless it is 0. */
function endOf(buffer: Buffer, start: number): FoundEnd | undefined {
  const events: RunEvent[] = [];
  let wholeBytes: number | undefined;
  for (let end = buffer.lastIndexOf('\n'); end > 0; ) {
    const before = buffer.lastIndexOf('\n', end - 1);
    if (before === -1 && start > 0) break;
    const event = parsed(buffer.toString('utf8', before + 1, end));
    // Behind the last whole line may be what a crash left.
    if (event) {
      wholeBytes ??= start + end + 1;
      events.push(event);
    }
    end = before;
  }
  const [last] = events;
  if (!last || wholeBytes === undefined) return undefined;
  const isComplete = events.some(({ kind }) => kind === 'step');
  return { bytes: wholeBytes, sequence: last.sequence, told: toldBy(events), run: last.run, isComplete };
}

function parsed(line: string): RunEvent | undefined {
  try {
    return JSON.parse(line) as RunEvent;
  } catch {
    return undefined;
  }
}
