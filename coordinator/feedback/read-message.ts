/** A message as rows that can be trained on, by the very checks that rows of files go through; or why it cannot. */
import type { SequenceLimits } from '../../core/sequence.js';
import { type EncodedRow, encodeRow } from '../dataset/encode-row.js';
import { type RowProblem, readFeedback } from '../dataset/feedback-row.js';
import type { ModelTokenizer } from '../dataset/tokenizer.js';

export type ReadMessage = { readonly rows: readonly EncodedRow[] } | { readonly problem: RowProblem };

/** A paired message gives two rows; it is used whole or not at all, so that its sender knows. */
export function readMessage(text: string, tokenizer: ModelTokenizer, limits: SequenceLimits): ReadMessage {
  const feedback = readFeedback(text);
  if ('problem' in feedback) return feedback;
  const rows: EncodedRow[] = [];
  for (const row of feedback.rows) {
    const encoded = encodeRow(row, tokenizer, limits);
    if ('problem' in encoded) return encoded;
    if ('dropped' in encoded) return { problem: encoded.dropped };
    rows.push(encoded.row);
  }
  return { rows };
}
