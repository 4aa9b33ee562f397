/**
 * Writes a safetensors file of float32 tensors from a stream, without holding it whole. The file appears complete or
 * not at all: it is written under a temporary name, synced and renamed.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Parameter } from '../../core/parameters.js';
import { layoutOf } from '../../core/parameters.js';
import { buildHeader, DTYPE_BYTES } from '../../core/safetensors.js';
import type { PieceReader } from './piece-reader.js';
import { storageError } from './storage-error.js';

/** Takes every byte that goes into the file, in order: a hash, for instance. */
export interface ByteSink {
  update(bytes: Uint8Array): unknown;
}

export interface SafetensorsRequest {
  readonly path: string;
  /** The file's tensors, in the order in which their values come. */
  readonly parameters: readonly Parameter[];
  readonly values: PieceReader;
  readonly digest: ByteSink;
}

/** @throws STORAGE when the disk is full or the folder can't be written; nothing is left behind. */
export async function writeSafetensors(request: SafetensorsRequest): Promise<void> {
  const { path, parameters, values, digest } = request;
  const header = buildHeader(parameters);
  const elements = layoutOf(parameters).length;
  const temporary = join(dirname(path), `.${basename(path)}-${randomBytes(4).toString('hex')}`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await writeAll(file, header, digest);
      for await (const piece of values.take(elements)) await writeAll(file, bytesOf(piece), digest);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw storageError(cause, path, header.length + elements * DTYPE_BYTES.F32);
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, digest: ByteSink): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done)).bytesWritten;
  }
  digest.update(bytes);
}

/** Safetensors is little-endian, as is every machine that Node's tensor engines run on. */
function bytesOf(piece: Float32Array): Uint8Array {
  return new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
}
