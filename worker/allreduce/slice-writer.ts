/** Receiving a slice: chunks may only fill it from start to end, so that nothing missing or misplaced goes unnoticed. */
import { ProspectError } from '../../core/errors.js';
import { type ElementRange, writeElements } from '../../core/tensor-chunks.js';
import type { TensorChunk } from '../../proto/gen/prospect/v1/tensor.js';

export interface SliceWriter {
  write(chunk: TensorChunk): void;
  /** Throws PROTOCOL when elements are missing. */
  finish(): void;
}

/**
 * @param slice which elements of the flat array come.
 * @param targetOffset where in `target` the slice begins, in elements.
 */
export function sliceWriter(slice: ElementRange, target: SharedArrayBuffer, targetOffset: number): SliceWriter {
  const end = slice.offset + slice.length;
  let next = slice.offset;
  return {
    write(chunk) {
      const length = chunk.elements.length / 4;
      if (chunk.offset !== next || next + length > end || !Number.isInteger(length)) {
        const got = `elements ${chunk.offset} to ${chunk.offset + length}`;
        throw new ProspectError('PROTOCOL', `expected elements from ${next} to at most ${end}, got ${got}`);
      }
      writeElements(chunk.elements, target, targetOffset + next - slice.offset);
      next += length;
    },
    finish() {
      if (next === end) return;
      throw new ProspectError('PROTOCOL', `a slice of ${slice.length} elements ended after ${next - slice.offset}`);
    },
  };
}
