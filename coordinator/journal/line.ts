/**
 * One line of the journal: a JSON object that begins with a hash of the rest of it and a number that counts lines. Both
 * are checked on the text as it stands, so that a changed byte, a lost line and a line out of place all show.
 */
import { createHash } from 'node:crypto';
import { ProspectError } from '../../core/errors.js';
import { type JournalRecord, JournalRecordSchema } from './record.js';

/** 64 bits are plenty against accidents. */
const HASH_LETTERS = 16;
const LINE = /^\{"hash":"([0-9a-f]{16})","sequence":(\d+),(.*)$/s;

/**
 * @returns the line with its end.
 * @throws INTERNAL for what could not be read again; better now than when the run is to be resumed.
 */
export function formatLine(sequence: number, record: JournalRecord): string {
  const body = `"sequence":${sequence},${JSON.stringify(record, namedNumbers).slice(1)}`;
  const line = `{"hash":"${hashOf(body)}",${body}`;
  const read = parseLine(line, sequence);
  if (typeof read === 'string') throw new ProspectError('INTERNAL', `${line} is no record of the journal: ${read}`);
  return `${line}\n`;
}

/**
 * @param text without the line's end.
 * @returns the record, or what is wrong with the line, for a person.
 */
export function parseLine(text: string, sequence: number): JournalRecord | string {
  const [, hash, number, fields] = LINE.exec(text) ?? [];
  if (hashOf(`"sequence":${number},${fields}`) !== hash) return 'it is not what was written (its hash differs)';
  if (Number(number) !== sequence) return `record ${sequence} should be here, and this is record ${number}`;
  const parsed = JournalRecordSchema.safeParse(JSON.parse(`{${fields}`));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  return `it was written by another version of prospect (${path.join('.')}: ${message})`;
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, HASH_LETTERS);
}

function namedNumbers(_name: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
