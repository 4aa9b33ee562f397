/**
 * The safetensors header: eight bytes of length, JSON, then the tensors' bytes
 * (https://huggingface.co/docs/safetensors). Pure: reading and writing files is done elsewhere.
 */
import { z } from 'zod';
import { ProspectError } from './errors.js';

/** Element sizes in bytes of the types we read. */
export const DTYPE_BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const;
export type Dtype = keyof typeof DTYPE_BYTES;

export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Absolute byte positions in the file. */
  readonly start: number;
  readonly end: number;
}

/** Bytes before the JSON. */
export const HEADER_LENGTH_BYTES = 8;
/** Larger headers are refused, as the reference implementation does. */
const MAX_HEADER_BYTES = 100_000_000;

const EntrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

/**
 * Length of the JSON that follows the first eight bytes.
 * @throws MODEL_INVALID when it claims more than the file holds.
 */
export function headerLength(prefix: Uint8Array, fileBytes: number, file: string): number {
  if (prefix.length < HEADER_LENGTH_BYTES) throw damaged(file, `has ${fileBytes} bytes, too few for a header`);
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset, HEADER_LENGTH_BYTES).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || length + HEADER_LENGTH_BYTES > fileBytes) {
    throw damaged(file, `claims a header of ${length} bytes but the file holds ${fileBytes}`);
  }
  return length;
}

/**
 * The tensors that a header lists, each checked against the file's size.
 * @throws MODEL_INVALID naming the file and the tensor.
 */
export function parseHeader(json: Uint8Array, fileBytes: number, file: string): TensorEntry[] {
  const raw = parseJson(json, file);
  const dataStart = HEADER_LENGTH_BYTES + json.length;
  return Object.entries(raw)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => parseEntry(name, value, dataStart, fileBytes, file));
}

function parseJson(json: Uint8Array, file: string): Record<string, unknown> {
  try {
    const raw: unknown = JSON.parse(new TextDecoder().decode(json));
    return z.record(z.string(), z.unknown()).parse(raw);
  } catch (cause) {
    throw damaged(file, 'has a header that is not a JSON object', cause);
  }
}

function parseEntry(name: string, value: unknown, dataStart: number, fileBytes: number, file: string): TensorEntry {
  const parsed = EntrySchema.safeParse(value);
  if (!parsed.success) throw damaged(file, `describes tensor ${name} wrongly: ${z.prettifyError(parsed.error)}`);
  const { dtype, shape, data_offsets: offsets } = parsed.data;
  if (!(dtype in DTYPE_BYTES)) {
    const known = Object.keys(DTYPE_BYTES).join(', ');
    throw new ProspectError('MODEL_INVALID', `${file}: tensor ${name} has type ${dtype}; supported are ${known}`);
  }
  const entry = { name, dtype: dtype as Dtype, shape, start: dataStart + offsets[0], end: dataStart + offsets[1] };
  const bytes = shape.reduce((product, side) => product * side, DTYPE_BYTES[entry.dtype]);
  if (entry.end - entry.start !== bytes) {
    throw damaged(file, `gives tensor ${name} ${entry.end - entry.start} bytes, its shape needs ${bytes}`);
  }
  if (entry.end > fileBytes) {
    throw damaged(file, `ends at byte ${fileBytes} but tensor ${name} reaches to ${entry.end}: it is cut off`);
  }
  return entry;
}

/**
 * Header bytes (length and JSON, padded with spaces to 8 bytes) for float32 tensors stored one after the other.
 */
export function buildHeader(
  tensors: readonly { readonly name: string; readonly shape: readonly number[] }[],
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const { name, shape } of tensors) {
    const bytes = shape.reduce((product, side) => product * side, DTYPE_BYTES.F32);
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.length / 8) * 8;
  const result = new Uint8Array(HEADER_LENGTH_BYTES + padded).fill(0x20, HEADER_LENGTH_BYTES);
  new DataView(result.buffer).setBigUint64(0, BigInt(padded), true);
  result.set(json, HEADER_LENGTH_BYTES);
  return result;
}

function damaged(file: string, what: string, cause?: unknown): ProspectError {
  return new ProspectError('MODEL_INVALID', `${file} ${what}. Fetch or write the file again.`, { cause });
}
