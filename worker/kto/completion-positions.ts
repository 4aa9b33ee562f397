/** Lays sequences out as rows, and finds where their completion tokens are predicted. */
import type { SequenceInput } from '../compute/compute.js';
import { layRows, type Span, type TokenRows } from '../model/token-rows.js';

export interface Packed {
  readonly rows: TokenRows;
  /** Row of the hidden states that predicts each completion token, sequence after sequence. */
  readonly positions: Int32Array;
  readonly targets: Int32Array;
  /** First entry of each sequence in `positions`, and one past the last. */
  readonly starts: readonly number[];
}

type Tokenised = Pick<SequenceInput, 'row' | 'tokenIds' | 'promptLength'>;

export function packSequences(sequences: readonly Tokenised[]): Packed {
  return packed(sequences, layRows(sequences.map(({ tokenIds }) => tokenIds)));
}

/**
 * Sequences that begin like one of another pass, as the same prompt with another completion does: what both have in
 * common is not laid out again.
 * @param beside the other pass's sequences, in the order of `spans`; one for each row
 */
export function packBeside(
  sequences: readonly Tokenised[],
  beside: readonly Tokenised[],
  spans: readonly Span[],
): Packed {
  const shared = sequences.map(({ row, tokenIds, promptLength }) => {
    const other = beside.findIndex((candidate) => candidate.row === row);
    // The last prompt token predicts the first completion token: it is always this pass's own.
    const length = Math.min(commonStart(tokenIds, beside[other]!.tokenIds), Math.max(0, promptLength - 1));
    return { start: spans[other]!.start, length };
  });
  const rows = layRows(sequences.map(({ tokenIds }, i) => tokenIds.subarray(shared[i]!.length)));
  return packed(sequences, { ...rows, spans: rows.spans.map((span, i) => ({ ...span, before: shared[i]! })) });
}

/** The token at position t is predicted at t−1, so a completion without a prompt starts to count at its second token. */
function packed(sequences: readonly Tokenised[], rows: TokenRows): Packed {
  const positions: number[] = [];
  const targets: number[] = [];
  const starts = [0];
  sequences.forEach(({ tokenIds, promptLength }, i) => {
    const { start, before } = rows.spans[i]!;
    const first = start - (before?.length ?? 0);
    for (let t = Math.max(1, promptLength); t < tokenIds.length; t++) {
      positions.push(first + t - 1);
      targets.push(tokenIds[t]!);
    }
    starts.push(positions.length);
  });
  return { rows, positions: Int32Array.from(positions), targets: Int32Array.from(targets), starts };
}

function commonStart(a: Uint32Array, b: Uint32Array): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}
