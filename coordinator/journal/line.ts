/**
 * One line of the journal: a JSON object that begins with a hash of the rest of it, the epoch of who wrote it and a number
 * that counts lines. All are checked on the text as it stands, so that a changed byte, a lost line, a line out of place
 * and a line of another coordinator all show.
 */
import { createHash } from 'node:crypto';
import { ProspectError } from '../../core/errors.js';
import { type SegmentRecord, SegmentRecordSchema } from './record.js';

/** 64 bits are plenty against accidents. */
const HASH_LETTERS = 16;
const LINE = /^\{"hash":"([0-9a-f]{16})","epoch":(\d+),"sequence":(\d+),(.*)$/s;

export interface LinePlace {
  readonly epoch: number;
  /** 1, 2, … over all segments. */
  readonly sequence: number;
}

/**
 * @returns the line with its end.
 * @throws INTERNAL for what could not be read again; better now than when the run is to be resumed.
 */
export function formatLine(place: LinePlace, record: SegmentRecord): string {
  const body = `"epoch":${place.epoch},"sequence":${place.sequence},${JSON.stringify(record, namedNumbers).slice(1)}`;
  const line = `{"hash":"${hashOf(body)}",${body}`;
  const read = parseLine(line, place);
  if (typeof read === 'string') throw new ProspectError('INTERNAL', `${line} is no record of the journal: ${read}`);
  return `${line}\n`;
}

/**
 * @param text without the line's end.
 * @returns the record, or what is wrong with the line, for a person.
 */
export function parseLine(text: string, place: LinePlace): SegmentRecord | string {
  const [, hash, epoch, sequence, fields] = LINE.exec(text) ?? [];
  const body = `"epoch":${epoch},"sequence":${sequence},${fields}`;
  if (hashOf(body) !== hash) return 'it is not what was written (its hash differs)';
  if (Number(epoch) !== place.epoch)
    return `it was written in epoch ${epoch}, and this file is of epoch ${place.epoch}`;
  if (Number(sequence) !== place.sequence)
    return `record ${place.sequence} should be here, and this is record ${sequence}`;
  const parsed = SegmentRecordSchema.safeParse(JSON.parse(`{${fields}`));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  return `it was written by another version of prospect (${path.join('.')}: ${message})`;
}

/** Of a segment's first line, which says by itself where it belongs; undefined for what is no line. */
export function sequenceOf(text: string): number | undefined {
  const sequence = LINE.exec(text)?.[3];
  return sequence === undefined ? undefined : Number(sequence);
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, HASH_LETTERS);
}

function namedNumbers(_name: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
