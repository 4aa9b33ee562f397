/**
 * How flat float32 arrays are cut for the wire: messages of a MiB stream well over HTTP/2 (larger ones stall the
 * event loop, half a MiB costs a fifth more time per byte).
 */

/** Elements of one message: 1 MiB. */
export const CHUNK_ELEMENTS = 256 * 1024;

export interface ElementRange {
  /** First element. */
  readonly offset: number;
  /** Number of elements. */
  readonly length: number;
}

/** Consecutive ranges that cover the given one. */
export function* chunksOf({ offset, length }: ElementRange): Generator<ElementRange> {
  for (let start = offset; start < offset + length; start += CHUNK_ELEMENTS) {
    yield { offset: start, length: Math.min(CHUNK_ELEMENTS, offset + length - start) };
  }
}

/** The bytes of a range of a flat float32 array; a view, not a copy. */
export function elementBytes(values: ArrayBufferLike, range: ElementRange): Uint8Array {
  return new Uint8Array(values, range.offset * 4, range.length * 4);
}

/** Writes received bytes into a flat float32 array; decoded bytes may be unaligned, so they are copied as bytes. */
export function writeElements(bytes: Uint8Array, target: ArrayBufferLike, elementOffset: number): void {
  new Uint8Array(target, elementOffset * 4, bytes.length).set(bytes);
}
