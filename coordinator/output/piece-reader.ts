/** Cuts a stream of array pieces at other places than it came in: a file takes exactly the elements that are its own. */
import { ProspectError } from '../../core/errors.js';

export interface PieceReader {
  /** The next `length` elements, in pieces, without copying. Used up before the next call. */
  take(length: number): AsyncGenerator<Float32Array>;
  /** Checks that nothing is left. */
  finish(): Promise<void>;
}

export function readPieces(values: AsyncIterable<Float32Array>): PieceReader {
  const iterator = values[Symbol.asyncIterator]();
  let rest = new Float32Array(0);

  async function fill(): Promise<boolean> {
    while (rest.length === 0) {
      const next = await iterator.next();
      if (next.done === true) return false;
      rest = next.value as Float32Array<ArrayBuffer>;
    }
    return true;
  }

  return {
    async *take(length) {
      for (let left = length; left > 0; ) {
        if (!(await fill())) {
          throw new ProspectError('INTERNAL', `The trained values ended ${left} elements before the last tensor`);
        }
        const piece = rest.subarray(0, left);
        rest = rest.subarray(piece.length);
        left -= piece.length;
        yield piece;
      }
    },
    async finish() {
      if (await fill()) throw new ProspectError('INTERNAL', 'There are more trained values than the tensors hold');
    },
  };
}
