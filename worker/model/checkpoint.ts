/**
 * Tensors of a Hugging Face folder: model.safetensors, or shards with an index. One tensor is read at a time, turned
 * into float32 and checked for values that are not finite.
 */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ProspectError } from '../../core/errors.js';
import { HEADER_LENGTH_BYTES, headerLength, parseHeader, type TensorEntry } from '../../core/safetensors.js';
import { toFloat32 } from './dtypes.js';

export interface Checkpoint {
  readonly names: readonly string[];
  has(name: string): boolean;
  shapeOf(name: string): readonly number[] | undefined;
  /**
   * The tensor's values as float32.
   * @throws MODEL_INVALID when it is missing, has another shape, or holds NaN or infinity.
   */
  read(name: string, shape: readonly number[]): Float32Array;
  close(): void;
}

interface Located {
  readonly descriptor: number;
  readonly file: string;
  readonly entry: TensorEntry;
}

/** What to do when weights and config.json don't fit. */
const FETCH_BOTH = 'Fetch config.json and the weights of the same model again.';

const IndexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Opens `<folder>/model.safetensors`, its shards, or the one file that is named. */
export function openCheckpoint(folder: string, fileName = 'model.safetensors'): Checkpoint {
  const located = new Map<string, Located>();
  const descriptors: number[] = [];
  for (const file of filesOf(folder, fileName)) {
    const descriptor = open(file);
    descriptors.push(descriptor);
    for (const entry of readEntries(descriptor, file)) located.set(entry.name, { descriptor, file, entry });
  }
  return {
    names: [...located.keys()],
    has: (name) => located.has(name),
    shapeOf: (name) => located.get(name)?.entry.shape,
    read: (name, shape) => readTensor(located.get(name), name, shape, folder),
    close: () => {
      for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
    },
  };
}

function filesOf(folder: string, fileName: string): string[] {
  const single = join(folder, fileName);
  if (existsSync(single)) return [single];
  const index = join(folder, `${fileName}.index.json`);
  if (!existsSync(index)) {
    throw new ProspectError(
      'MODEL_INVALID',
      `${single} is missing, and so is ${index}. Weights must be in safetensors form.`,
    );
  }
  try {
    const { weight_map: shards } = IndexSchema.parse(JSON.parse(readFileSync(index, 'utf8')));
    return [...new Set(Object.values(shards))].sort().map((shard) => join(folder, shard));
  } catch (cause) {
    throw new ProspectError('MODEL_INVALID', `${index} is not a safetensors index (a JSON object with weight_map).`, {
      cause,
    });
  }
}

function open(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (cause) {
    throw new ProspectError('MODEL_INVALID', `${file} cannot be opened (${(cause as Error).message}).`, { cause });
  }
}

function readEntries(descriptor: number, file: string): TensorEntry[] {
  const fileBytes = fstatSync(descriptor).size;
  const prefix = readBytes(descriptor, 0, Math.min(HEADER_LENGTH_BYTES, fileBytes));
  const json = readBytes(descriptor, HEADER_LENGTH_BYTES, headerLength(prefix, fileBytes, file));
  return parseHeader(json, fileBytes, file);
}

function readTensor(
  located: Located | undefined,
  name: string,
  shape: readonly number[],
  folder: string,
): Float32Array {
  if (located === undefined) {
    throw new ProspectError(
      'MODEL_INVALID',
      `${folder} lacks tensor ${name}, which its config.json calls for. ${FETCH_BOTH}`,
    );
  }
  const { descriptor, file, entry } = located;
  if (entry.shape.join() !== shape.join()) {
    const [actual, expected] = [entry.shape, shape].map((sides) => `[${sides.join(', ')}]`);
    throw new ProspectError(
      'MODEL_INVALID',
      `${file}: tensor ${name} has shape ${actual}; config.json calls for ${expected}. ${FETCH_BOTH}`,
    );
  }
  const values = toFloat32(readBytes(descriptor, entry.start, entry.end - entry.start), entry.dtype);
  if (!areFinite(values)) {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    throw new ProspectError(
      'MODEL_INVALID',
      `${file}: tensor ${name} holds ${values[bad]} at element ${bad}. Its training diverged or the file is damaged. Fetch it again, or take another checkpoint.`,
    );
  }
  return values;
}

/** A plain loop over sums that stay NaN: ten times faster than a call for each of 10⁸ values. */
function areFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}

/** Reads of more than 2 GiB fail in Node, so long tensors come in pieces. */
const PIECE_BYTES = 2 ** 30;

function readBytes(descriptor: number, position: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const count = readSync(descriptor, bytes, done, Math.min(PIECE_BYTES, length - done), position + done);
    if (count === 0)
      throw new ProspectError('MODEL_INVALID', `A weights file ended at byte ${position + done} while it was read.`);
    done += count;
  }
  return bytes;
}
