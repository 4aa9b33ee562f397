/**
 * A small WebAssembly assembler: just what our kernels need, so that their source is in the repository and their bytes
 * are made when the engine loads. Encoding: https://webassembly.github.io/spec/core/binary/.
 */

/** Instructions in their binary form. */
export type Code = readonly number[];

export type ValueType = 'i32' | 'f32' | 'v128';

export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  /** Locals after the parameters; all count up from 0 together. */
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

const TYPE_BYTES = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;
const NO_RESULT = 0x40;

/** The most memory that a module may address, in pages of 64 KiB: 4 GiB. */
const MOST_PAGES = 65_536;

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const i32 = (value: number): Code => [0x41, ...signed(value)];
export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const loadF32 = (address: Code, offset = 0): Code => [...address, 0x2a, 2, ...unsigned(offset)];
export const storeF32 = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  0x38,
  2,
  ...unsigned(offset),
];

const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
export const loadV128 = (address: Code, offset = 0): Code => [...address, ...simd(0), 0, ...unsigned(offset)];
export const storeV128 = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  ...simd(11),
  0,
  ...unsigned(offset),
];
/** One float, in all four lanes. */
export const loadSplat = (address: Code, offset = 0): Code => [...address, ...simd(9), 0, ...unsigned(offset)];
export const zeroes: Code = [...simd(12), ...new Array<number>(16).fill(0)];
export const addF32x4 = (a: Code, b: Code): Code => [...a, ...b, ...simd(228)];
export const mulF32x4 = (a: Code, b: Code): Code => [...a, ...b, ...simd(230)];

/** Runs `body` as often as the local says, once at least, counting it down to 0. */
export function countDown(local: number, body: Code): Code {
  const next = [...add(get(local), i32(-1)), 0x22, ...unsigned(local)];
  return [0x03, NO_RESULT, ...body, ...next, 0x0d, 0, 0x0b];
}

/** A module that imports its memory as env.memory and exports the functions. */
export function assembleModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [0x60, ...vector(parameters.map((type) => [TYPE_BYTES[type]])), 0]);
  const memory = [...text('env'), ...text('memory'), 0x02, 0x01, 0, ...unsigned(MOST_PAGES)];
  const exported = functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]);
  const bodies = functions.map(({ locals, body }) => {
    const declared = vector(locals.map((type) => [1, TYPE_BYTES[type]]));
    return sized([...declared, ...body, 0x0b]);
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(2, vector([memory])),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(7, vector(exported)),
    ...section(10, vector(bodies)),
  ]);
}

function section(id: number, content: Code): Code {
  return [id, ...sized(content)];
}

function vector(entries: readonly Code[]): Code {
  return [...unsigned(entries.length), ...entries.flat()];
}

function sized(content: Code): Code {
  return [...unsigned(content.length), ...content];
}

function text(value: string): Code {
  return sized([...new TextEncoder().encode(value)]);
}

/** LEB128. */
function unsigned(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
}

function signed(value: number): Code {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    const isLast = (rest >> 7 === 0 && (rest & 0x40) === 0) || (rest >> 7 === -1 && (rest & 0x40) !== 0);
    bytes.push((rest & 0x7f) | (isLast ? 0 : 0x80));
    if (isLast) return bytes;
  }
}
