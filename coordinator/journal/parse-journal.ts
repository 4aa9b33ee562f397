/** The journal's text as records. Only the end of the last line may be missing, as a crash while writing it leaves it. */
import { ProspectError } from '../../core/errors.js';
import { parseLine } from './line.js';
import type { JournalRecord } from './record.js';

export interface ParsedJournal {
  readonly records: readonly JournalRecord[];
  /** The text up to here is whole; what follows is to be cut off. */
  readonly wholeBytes: number;
  /** The last record lacks its line end, which is to be written. */
  readonly lacksLineEnd: boolean;
}

/** @throws STORAGE for a damaged line that is not torn. */
export function parseJournal(bytes: Buffer, path: string): ParsedJournal {
  const records: JournalRecord[] = [];
  let start = 0;
  for (let end = bytes.indexOf('\n'); end !== -1; end = bytes.indexOf('\n', start)) {
    const line = bytes.subarray(start, end);
    const record = parseLine(line.toString('utf8'), records.length + 1);
    if (typeof record === 'string') {
      if (end === bytes.length - 1 && isTorn(line)) break;
      throw damaged(path, records.length + 1, record);
    }
    records.push(record);
    start = end + 1;
  }
  const rest = bytes.subarray(start);
  const last = lastWithoutEnd(rest, records.length + 1);
  if (!last) return { records, wholeBytes: start, lacksLineEnd: false };
  return { records: [...records, last.record], wholeBytes: start + last.bytes, lacksLineEnd: true };
}

/** A record that counts must not be lost for its line end: that may be missing, or be the byte that was damaged. */
function lastWithoutEnd(rest: Buffer, sequence: number): { record: JournalRecord; bytes: number } | undefined {
  for (const bytes of [rest.length, rest.length - 1]) {
    if (bytes <= 0) continue;
    const record = parseLine(rest.toString('utf8', 0, bytes), sequence);
    if (typeof record !== 'string') return { record, bytes };
  }
  return undefined;
}

/** After a power failure a part of what was not synced can be zeros although the end is there. */
function isTorn(line: Buffer): boolean {
  return line.includes('\0\0');
}

function damaged(path: string, line: number, problem: string): ProspectError {
  return new ProspectError(
    'STORAGE',
    `${path}:${line}: this line of the run's journal is damaged: ${problem}. Restore the file from a backup; or move it ` +
      'away and start with --resume: the run then goes on from its newest snapshot and makes the later steps again.',
  );
}
