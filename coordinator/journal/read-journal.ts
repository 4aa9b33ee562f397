/**
 * The commit journal of a run: what is in it was on the disk before anyone acted on it. Each segment says from which one it
 * goes on and how many lines were in force then, so it is read from its newest segment backwards.
 */
import { readFile } from 'node:fs/promises';
import { damaged, parseSegment, type Segment } from './parse-segment.js';
import type { JournalRecord } from './record.js';
import { epochsIn, segmentPath } from './segments.js';

export interface ReadJournal {
  readonly records: readonly JournalRecord[];
  /** Of the last segment that counts; 0 where there is none. */
  readonly epoch: number;
  /** All lines in force, with those that begin an epoch. */
  readonly lines: number;
  /** Bytes at the end of the last segment, of a record that was being written in a crash. */
  readonly tornBytes: number;
}

export const EMPTY_JOURNAL: ReadJournal = { records: [], epoch: 0, lines: 0, tornBytes: 0 };

/**
 * Changes nothing. Empty where there is no journal.
 * @param before only segments of earlier epochs than this.
 * @throws STORAGE for a damaged line or a missing segment.
 */
export async function readJournal(folder: string, before = Infinity): Promise<ReadJournal> {
  const newest = await newestSegment(folder, before);
  if (!newest) return EMPTY_JOURNAL;
  const { epoch, segment } = newest;
  const segments: Segment[] = [segment];
  for (let at = segment; at.opening.previous > 0; ) {
    at = await segmentUpTo(folder, at.opening.previous, at.opening.after);
    segments.unshift(at);
  }
  const lines = segment.opening.after + 1 + segment.records.length;
  return { records: segments.flatMap(({ records }) => records), epoch, lines, tornBytes: segment.tornBytes };
}

/** Segments without a whole record are those of coordinators that ended as soon as they had made them. */
async function newestSegment(folder: string, before: number): Promise<{ epoch: number; segment: Segment } | undefined> {
  for (const epoch of (await epochsIn(folder)).filter((epoch) => epoch < before).reverse()) {
    const path = segmentPath(folder, epoch);
    const segment = parseSegment(await readFile(path), { path, epoch });
    if (segment) return { epoch, segment };
  }
  return undefined;
}

/** @param upTo number of the journal's last line that counts. */
async function segmentUpTo(folder: string, epoch: number, upTo: number): Promise<Segment> {
  const path = segmentPath(folder, epoch);
  const bytes = await readFile(path);
  const opening = parseSegment(bytes, { path, epoch }, 0)?.opening;
  const wanted = upTo - (opening?.after ?? upTo) - 1;
  const segment = parseSegment(bytes, { path, epoch }, wanted);
  if (segment && segment.records.length === wanted) return segment;
  throw damaged(
    path,
    (segment?.records.length ?? -1) + 2,
    `the journal goes on behind record ${upTo}, which is not here`,
  );
}
