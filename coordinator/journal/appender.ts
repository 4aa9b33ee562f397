/**
 * Appends records and makes them durable. Records that come while others are being synced go to the disk together, so
 * that those nobody waits for cost no sync of their own.
 */
import type { FileHandle } from 'node:fs/promises';
import { ProspectError } from '../../core/errors.js';
import { storageError } from '../output/storage-error.js';
import type { Fence } from './fence.js';
import { formatLine } from './line.js';
import type { SegmentRecord } from './record.js';

export interface Appender {
  /**
   * Resolves when the record, and all before it, would survive a crash, and every later coordinator will see them. Its
   * failure must be handled also where nobody waits for it.
   * @throws STORAGE, LEASE_LOST; the record then counts as not written, and no further one is taken.
   */
  append(record: SegmentRecord): Promise<void>;
  /** After what was appended is on the disk. */
  close(): Promise<void>;
}

export interface AppenderOptions {
  readonly path: string;
  readonly epoch: number;
  /** Lines of the journal before this file. */
  readonly after: number;
  readonly fence: Fence;
}

/** @param file a new one. */
export function createAppender(file: FileHandle, { path, epoch, after, fence }: AppenderOptions): Appender {
  let sequence = after;
  let waiting: string[] = [];
  let next: Promise<void> | undefined;
  let current = Promise.resolve();
  let closing: Promise<void> | undefined;

  async function flush(): Promise<void> {
    await fence.mayWrite();
    const lines = Buffer.from(waiting.join(''));
    waiting = [];
    next = undefined;
    try {
      await writeAll(file, lines);
      await file.datasync();
    } catch (cause) {
      throw storageError(cause, path, lines.length);
    }
    await fence.mayAct();
  }

  return {
    async append(record) {
      if (closing) throw new ProspectError('INTERNAL', `${path} is closed`);
      waiting.push(formatLine({ epoch, sequence: sequence + 1 }, record));
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
