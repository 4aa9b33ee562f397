/**
 * One peer's subtree sums over our slice, piece by piece. It reads a few pieces ahead of what is finished: far enough
 * that the link never idles, not so far that memory grows with the gradient. Beyond that HTTP/2 holds the peer back.
 */
import { type PromiseWithResolvers, withResolvers } from '../../core/async-queue.js';
import { nodeKey } from '../../core/reduction-tree.js';
import { chunksOf, type ElementRange } from '../../core/tensor-chunks.js';
import type { TensorFrame } from '../../proto/transport/tensor-frame.js';
import type { BufferPool } from './buffer-pool.js';
import { expectFrame, readElements } from './gradient-frames.js';
import type { StepKey } from './gradient-store.js';
import type { Peer } from './peer-clients.js';

/** Pieces of a MiB for each tree node. */
const PIECES_AHEAD = 4;

/** Sums of one piece, by node key. */
export type PieceSums = ReadonlyMap<string, Float32Array>;

export interface SumStream {
  /** The piece, when all its nodes have come. */
  piece(number: number): Promise<PieceSums>;
  /** So many pieces are finished: more may be read, and the memory of the last one's sums is nobody's. */
  finished(pieces: number, last: PieceSums): void;
  /** Resolves when everything was read, rejects when the stream breaks. */
  readonly read: Promise<void>;
}

/** @param scratch memory for a piece each: what was under way when a pull broke is not given back. */
export function openSumStream(
  peer: Peer,
  step: StepKey,
  slice: ElementRange,
  scratch: BufferPool,
  signal: AbortSignal,
): SumStream {
  const chunks = [...chunksOf(slice)];
  const pieces = chunks.map(() => unwatchedPiece());
  let finishedPieces = 0;
  let finishedOne = withResolvers<void>();
  signal.addEventListener('abort', () => finishedOne.resolve(), { once: true });

  const places = () => (_: unknown, bytes: number) => {
    const memory = scratch.take();
    return new Uint8Array(bytes <= memory.byteLength ? memory : new ArrayBuffer(bytes), 0, bytes);
  };
  const elementsOf = (frame: TensorFrame): Float32Array => {
    const { elementType, payload, length } = frame;
    if (elementType === 'float32') return new Float32Array(payload.buffer, payload.byteOffset, length);
    const elements = new Float32Array(scratch.take(), 0, length);
    readElements(frame, elements);
    scratch.give(payload.buffer as SharedArrayBuffer);
    return elements;
  };
  const readAll = async (): Promise<void> => {
    let number = 0;
    let sums = new Map<string, Float32Array>();
    for await (const frame of peer.pullSums(step, slice, places, signal)) {
      expectFrame(frame, step, chunks[number]);
      // After damage a node may come twice.
      sums.set(nodeKey(frame), elementsOf(frame));
      if (sums.size < frame.nodeCount) continue;
      pieces[number]!.resolve(sums);
      sums = new Map();
      number += 1;
      while (number >= finishedPieces + PIECES_AHEAD && !signal.aborted) await finishedOne.promise;
    }
  };
  const read = readAll();
  read.catch((error: Error) => {
    for (const piece of pieces) piece.reject(error);
  });
  return {
    read,
    piece: (number) => pieces[number]!.promise,
    finished(count, sums) {
      finishedPieces = count;
      for (const { buffer } of sums.values()) scratch.give(buffer as SharedArrayBuffer);
      pieces[count - 1] = unwatchedPiece();
      finishedOne.resolve();
      finishedOne = withResolvers();
    },
  };
}

function unwatchedPiece(): PromiseWithResolvers<PieceSums> {
  const piece = withResolvers<PieceSums>();
  piece.promise.catch(() => undefined);
  return piece;
}
