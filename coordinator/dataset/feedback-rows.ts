/** Rows of a token store, all or a selection of them, as the rest of the coordinator sees them. */
import { createHash } from 'node:crypto';
import type { CachedStore } from './cached-store.js';
import type { FeedbackRows } from './dataset.js';

/** @param selection ascending row numbers of the store; they become rows 0, 1, … */
export function createFeedbackRows({ store, key, files }: CachedStore, selection: Uint32Array): FeedbackRows {
  const desirable = (row: number) => store.desirable(selection[row]!);
  const desirableRows = rowsWhere(selection.length, desirable);
  const undesirableRows = rowsWhere(selection.length, (row) => !desirable(row));
  return {
    size: selection.length,
    desirableCount: desirableRows.length,
    undesirableCount: undesirableRows.length,
    digest: createHash('sha256').update(key).update(selection).digest('hex'),
    desirable,
    promptLength: (row) => store.promptLength(selection[row]!),
    completionLength: (row) => store.completionLength(selection[row]!),
    promptKey: (row) => store.promptKey(selection[row]!),
    tokens: (row) => store.tokens(selection[row]!),
    origin: (row) => {
      const { file, line } = store.place(selection[row]!);
      return { file: files[file]!, line };
    },
    classIndex: () => ({ size: selection.length, desirableRows, undesirableRows }),
  };
}

function rowsWhere(size: number, holds: (row: number) => boolean): Uint32Array {
  let count = 0;
  for (let row = 0; row < size; row++) count += Number(holds(row));
  const rows = new Uint32Array(count);
  let next = 0;
  for (let row = 0; row < size; row++) if (holds(row)) rows[next++] = row;
  return rows;
}
