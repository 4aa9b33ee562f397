/**
 * Appends records and makes them durable. Records that come while others are being synced go to the disk together, so
 * that those nobody waits for cost no sync of their own.
 */
import type { FileHandle } from 'node:fs/promises';
import { ProspectError } from '../../core/errors.js';
import { storageError } from '../output/storage-error.js';
import { formatLine } from './line.js';
import type { JournalRecord } from './record.js';

export interface Appender {
  /**
   * Resolves when the record, and all before it, would survive a crash. Its failure must be handled also where nobody
   * waits for it.
   * @throws STORAGE; the record then counts as not written, and no further one is taken.
   */
  append(record: JournalRecord): Promise<void>;
  /** After what was appended is on the disk. */
  close(): Promise<void>;
}

interface Place {
  readonly path: string;
  /** Bytes that the file has. */
  readonly length: number;
  /** Records that the file has. */
  readonly count: number;
}

export function createAppender(file: FileHandle, { path, length, count }: Place): Appender {
  let durableBytes = length;
  let sequence = count;
  let waiting: string[] = [];
  let next: Promise<void> | undefined;
  let current = Promise.resolve();
  let closing: Promise<void> | undefined;

  async function flush(): Promise<void> {
    const lines = Buffer.from(waiting.join(''));
    waiting = [];
    next = undefined;
    try {
      await writeAll(file, lines);
      await file.datasync();
      durableBytes += lines.length;
    } catch (cause) {
      // After a failed sync nobody knows what is on the disk; a half-written line at least need not stay.
      await file.truncate(durableBytes).catch(() => undefined);
      throw storageError(cause, path, lines.length);
    }
  }

  return {
    async append(record) {
      if (closing) throw new ProspectError('INTERNAL', `${path} is closed`);
      waiting.push(formatLine(sequence + 1, record));
      sequence++;
      if (!next) {
        // A failure stays: `current` then never fulfils again, and all later records fail for the same reason.
        next = current.then(flush);
        current = next;
      }
      await next;
    },
    close() {
      closing ??= current.catch(() => undefined).then(() => file.close());
      return closing;
    },
  };
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done)).bytesWritten;
  }
}
