/** What goes to NATS together: pure decisions of the delivery. */
import type { EventLine } from './event-line.js';

/** More at once gains nothing at 10 ms to the server and back. */
const LARGEST_BATCH = 64;
/** What one batch may hold up to; the server takes messages of 1 MiB. */
const LARGEST_BATCH_BYTES = 2 ** 20;

/** @param isWhole all of the last batch got in; otherwise somebody else uses the stream, and a long one is for nothing. */
export function nextBatchSize(size: number, isWhole: boolean): number {
  return isWhole ? Math.min(LARGEST_BATCH, size * 2) : Math.max(1, Math.floor(size / 2));
}

/** The first lines: at least one, no more than fit. */
export function takeBatch(lines: readonly EventLine[], size: number): EventLine[] {
  let bytes = 0;
  let count = 0;
  for (const { text } of lines.slice(0, size)) {
    bytes += text.length;
    if (count > 0 && bytes > LARGEST_BATCH_BYTES) break;
    count++;
  }
  return lines.slice(0, count);
}

export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Numbers that nobody will get: between what NATS has and the oldest event that is left. */
export function gapBefore(line: EventLine, position: number): Gap | undefined {
  return line.sequence > position + 1 ? { from: position + 1, to: line.sequence - 1 } : undefined;
}
