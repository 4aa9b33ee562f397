/** A segment's text as records. Only the end of the last line may be missing, as a crash while writing it leaves it. */
import { ProspectError } from '../../core/errors.js';
import { parseLine, sequenceOf } from './line.js';
import type { EpochRecord, JournalRecord, SegmentRecord } from './record.js';

export interface Segment {
  /** Its first record. */
  readonly opening: EpochRecord;
  readonly records: readonly JournalRecord[];
  /** Bytes behind the last record, of one that was being written in a crash. */
  readonly tornBytes: number;
}

/** Whose text it is. */
export interface SegmentSource {
  readonly path: string;
  readonly epoch: number;
}

/**
 * @param mostRecords what lies behind them is not looked at: a coordinator that was replaced may have gone on writing.
 * @returns undefined for the segment of a coordinator that ended before its first record was whole.
 * @throws STORAGE for a damaged line that is not torn.
 */
export function parseSegment(bytes: Buffer, source: SegmentSource, mostRecords = Infinity): Segment | undefined {
  const { path, epoch } = source;
  const first = sequenceOf(bytes.toString('utf8', 0, lineEnd(bytes))) ?? 1;
  const lines: SegmentRecord[] = [];
  let start = 0;
  // The first line is no record of its own.
  while (lines.length <= mostRecords) {
    const end = bytes.indexOf('\n', start);
    if (end === -1) break;
    const line = bytes.subarray(start, end);
    const record = parseLine(line.toString('utf8'), { epoch, sequence: first + lines.length });
    if (typeof record === 'string') {
      if (end === bytes.length - 1 && isTorn(line)) break;
      throw damaged(path, lines.length + 1, record);
    }
    lines.push(record);
    start = end + 1;
  }
  if (lines.length <= mostRecords) {
    const last = lastWithoutEnd(bytes.subarray(start), { epoch, sequence: first + lines.length });
    if (last) {
      lines.push(last.record);
      start += last.bytes;
    }
  }
  return segmentOf(lines, first, bytes.length - start, path);
}

function segmentOf(lines: SegmentRecord[], first: number, tornBytes: number, path: string): Segment | undefined {
  const [opening, ...records] = lines;
  if (!opening) return undefined;
  if (opening.kind !== 'epoch' || opening.after !== first - 1) throw damaged(path, 1, 'it does not begin an epoch');
  const second = records.findIndex(({ kind }) => kind === 'epoch');
  if (second !== -1) throw damaged(path, second + 2, 'another epoch begins here');
  return { opening, records: records as JournalRecord[], tornBytes };
}

function lineEnd(bytes: Buffer): number {
  const end = bytes.indexOf('\n');
  return end === -1 ? bytes.length : end;
}

/** A record that counts must not be lost for its line end: that may be missing, or be the byte that was damaged. */
function lastWithoutEnd(rest: Buffer, place: { epoch: number; sequence: number }) {
  for (const bytes of [rest.length, rest.length - 1]) {
    if (bytes <= 0) continue;
    const record = parseLine(rest.toString('utf8', 0, bytes), place);
    if (typeof record !== 'string') return { record, bytes };
  }
  return undefined;
}

/** After a power failure a part of what was not synced can be zeros although the end is there. */
function isTorn(line: Buffer): boolean {
  return line.includes('\0\0');
}

export function damaged(path: string, line: number, problem: string): ProspectError {
  return new ProspectError(
    'STORAGE',
    `${path}:${line}: this line of the run's journal is damaged: ${problem}. Restore the file from a backup; or move the ` +
      'journal folder away and start with --resume: the run then goes on from its newest snapshot and makes the later ' +
      'steps again.',
  );
}
