/**
 * Reference log-probs of an adapter run, as its steps met them: one line a step, on the disk before the step's commit. A
 * later epoch must use the same numbers after a restart, and computed in another microbatch they would differ in bits.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrnoError, ProspectError } from '../../core/errors.js';
import { replaceByCopy } from '../journal/replace-by-copy.js';
import { storageError } from '../output/storage-error.js';

const HASH_LETTERS = 16;
const LINE = /^([0-9a-f]{16}) (.*)$/;

export interface ReferenceLine {
  readonly step: number;
  /** Tells the plans of one step apart. */
  readonly attempt: number;
  readonly rows: readonly number[];
  /** Of these rows, nats. */
  readonly logps: readonly number[];
  /** Places of mismatched pairs in the table. */
  readonly pairs: readonly number[];
  /** Of these pairs, nats. */
  readonly pairLogps: readonly number[];
}

export interface ReferenceLog {
  /** Resolves when the line would survive a crash. @throws STORAGE */
  append(line: ReferenceLine): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param mode new empties the log; resume gives each line to `onLine` and cuts off what a crash left unfinished.
 * @throws STORAGE for a damaged line.
 */
export async function openReferenceLog(
  path: string,
  mode: 'new' | 'resume',
  onLine: (line: ReferenceLine) => void,
): Promise<ReferenceLog> {
  try {
    await mkdir(dirname(path), { recursive: true });
    if (mode === 'resume') await replaceByCopy(path);
    const { lines, wholeBytes } = mode === 'new' ? { lines: [], wholeBytes: 0 } : await readLog(path);
    for (const line of lines) onLine(line);
    const file = await open(path, mode === 'new' ? 'w' : 'a');
    if (mode === 'resume') await file.truncate(wholeBytes);
    return createLog(file, path);
  } catch (cause) {
    throw storageError(cause, path);
  }
}

function createLog(file: FileHandle, path: string): ReferenceLog {
  let last = Promise.resolve();
  const write = async (line: ReferenceLine) => {
    try {
      const body = JSON.stringify(line);
      await file.writeFile(`${hashOf(body)} ${body}\n`);
      await file.datasync();
    } catch (cause) {
      throw storageError(cause, path);
    }
  };
  return {
    append(line) {
      last = last.then(() => write(line));
      return last;
    },
    async close() {
      await last.catch(() => undefined);
      await file.close();
    },
  };
}

async function readLog(path: string): Promise<{ lines: ReferenceLine[]; wholeBytes: number }> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (isErrnoError(error) && error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  const lines: ReferenceLine[] = [];
  let start = 0;
  for (let end = bytes.indexOf('\n'); end !== -1; end = bytes.indexOf('\n', start)) {
    const line = parse(bytes.toString('utf8', start, end));
    if (!line && end === bytes.length - 1) break;
    if (!line) {
      const remedy = 'Restore it from a backup, or begin anew with --overwrite.';
      throw new ProspectError('STORAGE', `${path}:${lines.length + 1}: this line is damaged. ${remedy}`);
    }
    lines.push(line);
    start = end + 1;
  }
  return { lines, wholeBytes: start };
}

function parse(text: string): ReferenceLine | undefined {
  const [, hash, body] = LINE.exec(text) ?? [];
  return body !== undefined && hashOf(body) === hash ? (JSON.parse(body) as ReferenceLine) : undefined;
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, HASH_LETTERS);
}
