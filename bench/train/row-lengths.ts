/** How long rows are in tokens, as the project's tokenizing gives it: tokens a second are counted with these for everybody. */
import { encodeRow } from '../../coordinator/dataset/encode-row.js';
import { loadTokenizer } from '../../coordinator/dataset/tokenizer.js';
import { ProspectError } from '../../core/errors.js';
import type { FeedbackText } from './make-rows.js';

export const MAX_LENGTH = 512;

export interface RowLength {
  readonly prompt: number;
  readonly completion: number;
}

/** @throws DATA_INVALID for a row that could not be trained on. */
export async function rowLengths(model: string, rows: readonly FeedbackText[]): Promise<RowLength[]> {
  const tokenizer = await loadTokenizer(model);
  return rows.map(({ prompt, completion, label }, index) => {
    const row = { form: 'text' as const, prompt, completion, desirable: label };
    const result = encodeRow(row, tokenizer, { maxLength: MAX_LENGTH, truncation: 'keepStart' });
    if (!('row' in result)) throw new ProspectError('DATA_INVALID', `row ${index} of the benchmark cannot be used`);
    const room = MAX_LENGTH - result.row.prompt.length;
    return { prompt: result.row.prompt.length, completion: Math.min(result.row.completion.length, room) };
  });
}
