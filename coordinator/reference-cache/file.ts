/** Reference log-probs on disk: SHA-256 of the values, then the values (little-endian float64). Written whole or not at all. */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrnoError } from '../../core/errors.js';
import { storageError } from '../output/storage-error.js';

const DIGEST_BYTES = 32;

/**
 * Fills the arrays, in the order given, from the file.
 * @returns missing when there is no such file, damaged when it is not what was written; the arrays are then untouched.
 */
export async function readReferences(
  path: string,
  arrays: readonly Float64Array[],
): Promise<'read' | 'missing' | 'damaged'> {
  const values = await readValues(path);
  if (typeof values === 'string') return values;
  if (values.length !== arrays.reduce((length, array) => length + array.length, 0)) return 'damaged';
  let offset = 0;
  for (const array of arrays) {
    array.set(values.subarray(offset, offset + array.length));
    offset += array.length;
  }
  return 'read';
}

/** All values of a file, however many there are. */
export async function readValues(path: string): Promise<Float64Array | 'missing' | 'damaged'> {
  let file: Buffer;
  try {
    file = await readFile(path);
  } catch (error) {
    if (isErrnoError(error) && error.code === 'ENOENT') return 'missing';
    throw storageError(error, path);
  }
  const bytes = file.subarray(DIGEST_BYTES);
  const isWhole = file.length >= DIGEST_BYTES && bytes.length % Float64Array.BYTES_PER_ELEMENT === 0;
  if (!isWhole || !digestOf([bytes]).equals(file.subarray(0, DIGEST_BYTES))) return 'damaged';
  return new Float64Array(Uint8Array.from(bytes).buffer);
}

/** @throws STORAGE; nothing half-written stays. */
export async function writeReferences(path: string, arrays: readonly Float64Array[]): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const views = arrays.map(bytesOf);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, 'w');
    try {
      for (const bytes of [digestOf(views), ...views]) await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw storageError(error, path);
  }
}

function digestOf(views: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const bytes of views) hash.update(bytes);
  return hash.digest();
}

function bytesOf(array: Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
