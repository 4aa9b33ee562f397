/**
 * How far a live run had used its source at a step: what goes into the snapshot, so that the run can go on where its
 * journal is gone, on another machine for instance, without training on a row again.
 */
import { z } from 'zod';
import type { RowRecord } from './row-record.js';

const count = z.int().nonnegative();

export const FeedbackPositionSchema = z.strictObject({
  /** Of the newest message in the row log. */
  generation: count,
  sequence: count,
  /** Messages of that generation, up to that one, with rows that no step had yet; by sequence. */
  waiting: z.array(count).readonly(),
});

export type FeedbackPosition = z.output<typeof FeedbackPositionSchema>;

export const BEGINNING: FeedbackPosition = { generation: 0, sequence: 0, waiting: [] };

/** @returns whether a step up to the position's has had the row. */
export function usedBefore(position: FeedbackPosition): (record: RowRecord) => boolean {
  const waiting = new Set(position.waiting);
  return ({ generation, sequence }) => {
    if (generation !== position.generation) return generation < position.generation;
    return sequence <= position.sequence && !waiting.has(sequence);
  };
}
