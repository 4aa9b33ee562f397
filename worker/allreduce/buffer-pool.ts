/**
 * Gradient-sized buffers, used again from step to step: allocating and zeroing hundreds of MB a step would cost more
 * than the sums.
 */
export interface BufferPool {
  /** Contents are whatever was left in it. */
  take(): SharedArrayBuffer;
  give(buffer: SharedArrayBuffer): void;
}

/** @param length float32 elements of each buffer. */
export function createBufferPool(length: number): BufferPool {
  const free: SharedArrayBuffer[] = [];
  return {
    take: () => free.pop() ?? new SharedArrayBuffer(length * 4),
    give(buffer) {
      free.push(buffer);
    },
  };
}
