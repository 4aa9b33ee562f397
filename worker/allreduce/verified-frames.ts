/** A pull whose damaged frame is asked for again, once: memory and links flip bits seldom, broken hardware often. */
import { ProspectError } from '../../core/errors.js';
import type { ElementRange } from '../../core/tensor-chunks.js';
import type { Message } from '../../proto/transport/message-reader.js';
import { decodeFrame, type TensorFrame } from '../../proto/transport/tensor-frame.js';

/**
 * Frames over a range, in order; after damage all nodes of the damaged piece come again.
 * @param pull opens a stream over what is left of the range.
 * @param onDamage told about the frame that is pulled again.
 * @throws PROTOCOL at the second damaged frame, and when the stream ends early.
 */
export async function* verifiedFrames(
  range: ElementRange,
  pull: (rest: ElementRange) => AsyncIterable<Message>,
  onDamage: (damage: string) => void,
): AsyncGenerator<TensorFrame> {
  const end = range.offset + range.length;
  let next = range.offset;
  let wasDamaged = false;
  while (next < end) {
    const damage = yield* intactFrames(pull({ offset: next, length: end - next }), (to) => {
      next = to;
    });
    if (damage === undefined && next < end) {
      const got = `${next - range.offset} of ${range.length} elements`;
      throw new ProspectError('PROTOCOL', `the stream ended after ${got}`);
    }
    if (damage === undefined) return;
    if (wasDamaged) throw new ProspectError('PROTOCOL', `damaged again after it was pulled again: ${damage}`);
    wasDamaged = true;
    onDamage(damage);
  }
}

/** Yields until the end or the first damage, which it returns. @param pieceDone all nodes up to an element came. */
async function* intactFrames(
  messages: AsyncIterable<Message>,
  pieceDone: (end: number) => void,
): AsyncGenerator<TensorFrame, string | undefined> {
  let nodes = 0;
  for await (const message of messages) {
    const frame = decodeFrame(message);
    if ('damage' in frame) return frame.damage;
    yield frame;
    nodes += 1;
    if (nodes < frame.nodeCount) continue;
    nodes = 0;
    pieceDone(frame.offset + frame.length);
  }
  return undefined;
}
