/**
 * Sequences laid one after the other, without padding: all hidden states of a pass are [n, width], one row a token.
 * A sequence may continue one of an earlier pass, whose keys and values it then sees: the same prompt is computed once.
 */

export interface TokenRows {
  /** [n] */
  readonly tokenIds: Int32Array;
  readonly spans: readonly Span[];
}

/** The rows of one sequence. */
export interface Span {
  readonly start: number;
  readonly length: number;
  /** What the sequence begins with: rows of the earlier pass. */
  readonly before?: { readonly start: number; readonly length: number };
}

/** @param sequences token ids of whole sequences */
export function layRows(sequences: readonly Uint32Array[]): TokenRows {
  const tokenIds = new Int32Array(sequences.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  const spans = sequences.map((sequence) => {
    tokenIds.set(sequence, start);
    const span = { start, length: sequence.length };
    start += sequence.length;
    return span;
  });
  return { tokenIds, spans };
}

/** Position of each row in its sequence, [n]. */
export function positionsOf({ tokenIds, spans }: TokenRows): Int32Array {
  const positions = new Int32Array(tokenIds.length);
  for (const { start, length, before } of spans) {
    for (let t = 0; t < length; t++) positions[start + t] = (before?.length ?? 0) + t;
  }
  return positions;
}
