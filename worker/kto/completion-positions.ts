/** Packs sequences into a padded rectangle and finds where their completion tokens are predicted. */
import type { TokenBatch } from '../model/decoder.js';

export interface Packed {
  readonly tokens: TokenBatch;
  /** Row of the flat hidden states [batch·length] that predicts each completion token, sequence after sequence. */
  readonly positions: Int32Array;
  readonly targets: Int32Array;
  /** First entry of each sequence in `positions`, and one past the last. */
  readonly starts: readonly number[];
}

interface Tokenised {
  readonly tokenIds: Uint32Array;
  readonly promptLength: number;
}

/** Padding stands at the end, where causal attention never looks; its id does not matter. */
const PADDING_ID = 0;

/**
 * The token at position t is predicted at t−1, so a completion without a prompt starts to count at its second token.
 */
export function packSequences(sequences: readonly Tokenised[]): Packed {
  const batch = sequences.length;
  const length = Math.max(...sequences.map(({ tokenIds }) => tokenIds.length));
  const tokenIds = new Int32Array(batch * length).fill(PADDING_ID);
  const positions: number[] = [];
  const targets: number[] = [];
  const starts = [0];
  sequences.forEach((sequence, row) => {
    tokenIds.set(sequence.tokenIds, row * length);
    for (let t = Math.max(1, sequence.promptLength); t < sequence.tokenIds.length; t++) {
      positions.push(row * length + t - 1);
      targets.push(sequence.tokenIds[t]!);
    }
    starts.push(positions.length);
  });
  return {
    tokens: { tokenIds, batch, length },
    positions: Int32Array.from(positions),
    targets: Int32Array.from(targets),
    starts,
  };
}
