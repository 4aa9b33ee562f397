/**
 * Large files in small pieces: each is hashed at once on the main thread (about a millisecond), and sessions get their
 * turn while the next one is read or written.
 */
import { createHash } from 'node:crypto';
import type { FileOperations } from './file-operations.js';
import type { FileEntry } from './manifest.js';

/** 1 MiB: SHA-256 takes about 1 ms for it with the processor's instructions, 4 ms without. */
export const PIECE_BYTES = 2 ** 20;

/** Bytes of float32 values, little-endian as are all machines that tensor engines run on; views, not copies. */
export async function* bytePieces(values: AsyncIterable<Float32Array>): AsyncGenerator<Uint8Array> {
  for await (const { buffer, byteOffset, byteLength } of values)
    yield* cut(new Uint8Array(buffer, byteOffset, byteLength));
}

export function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) yield bytes.subarray(start, start + PIECE_BYTES);
}

/** Writes and syncs a new file. A piece may be changed once the next one is asked for. */
export async function writePieces(
  files: FileOperations,
  path: string,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<FileEntry> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await files.create(path);
  try {
    for await (const piece of pieces) {
      const written = file.write(piece);
      hash.update(piece);
      await written;
      bytes += piece.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** The whole file, piece by piece; each piece is an array of its own. */
export async function* filePieces(files: FileOperations, path: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const file = await files.open(path);
  try {
    const bytes = await file.size();
    for (let position = 0; position < bytes; position += PIECE_BYTES) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, bytes - position));
      const length = await fill(piece, (rest, done) => file.read(rest, position + done));
      yield piece.subarray(0, length);
    }
  } finally {
    await file.close();
  }
}

/** A small file as one array. */
export async function readWhole(files: FileOperations, path: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of filePieces(files, path)) pieces.push(piece);
  return Buffer.concat(pieces);
}

export async function hashFile(files: FileOperations, path: string): Promise<FileEntry> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of filePieces(files, path)) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function fill(piece: Uint8Array, read: (rest: Uint8Array, done: number) => Promise<number>): Promise<number> {
  let done = 0;
  while (done < piece.length) {
    const length = await read(piece.subarray(done), done);
    if (length === 0) break;
    done += length;
  }
  return done;
}
