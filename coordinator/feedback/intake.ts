/** From a message to records of the row log, the same whichever source it came from. */
import type { RunConfig } from '../../core/config/schema.js';
import { hashIntegers } from '../../core/order/mix.js';
import type { RowProblem } from '../dataset/feedback-row.js';
import type { ModelTokenizer } from '../dataset/tokenizer.js';
import { readMessage } from './read-message.js';
import type { NewRow } from './row-log.js';

/** What the source says of a message. */
export interface Stamp {
  readonly generation: number;
  readonly sequence: number;
  /** Since 1970. */
  readonly timeNs: bigint;
  /** 0 without an idempotency key. */
  readonly keyHash: bigint;
}

export type TakenMessage = { readonly rows: readonly NewRow[] } | { readonly problem: RowProblem };

export interface Intake {
  read(text: string, stamp: Stamp): TakenMessage;
}

/** Keeps this draw apart from the others that are made from the seed. */
const HELD_OUT_STREAM = 22;

/** Rows are held out by a hash of their sequence number: the same ones whenever and by whom the stream is read. */
export function createIntake({ data, training }: RunConfig, tokenizer: ModelTokenizer): Intake {
  const share = typeof data.heldOut === 'number' ? data.heldOut : 0;
  return {
    read(text, stamp) {
      const read = readMessage(text, tokenizer, data);
      if ('problem' in read) return read;
      const heldOut = hashIntegers(training.seed, HELD_OUT_STREAM, stamp.sequence) < share * 2 ** 32;
      return {
        rows: read.rows.map(({ prompt, completion, promptKey, desirable }, part) => {
          const tokens = { prompt, completion };
          return { kind: 'row', ...stamp, part, parts: read.rows.length, desirable, heldOut, promptKey, tokens };
        }),
      };
    },
  };
}

/** A message that holds no usable row, or the mark of a stream that was renumbered. */
export function rowless(kind: 'bad' | 'renumbered', stamp: Stamp): NewRow {
  return { kind, ...stamp, part: 0, parts: 1, desirable: false, heldOut: false, promptKey: 0n };
}
