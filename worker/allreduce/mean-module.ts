/**
 * The WebAssembly module of mean-kernel.ts, put together from its instructions: there is no compiler for it in the
 * build, and a dozen instructions can be read as they are. Two functions (at and end in bytes, divisor):
 *
 *     do { memory[at] = memory[at] + memory[at + a slot]  or  memory[at] / divisor;  at += 16 bytes } while (at < end)
 *
 * on float32x4, over one memory of slots, one after the other.
 */

/** Two fit the processor's nearer caches. */
export const SLOT_BYTES = 64 * 1024;
/** One for each level of a tree, so for as many leaves as there can be. Those that are never used take no memory. */
const SLOTS = 32;
/** Of the memory that the module is given. */
export const MEMORY_BYTES = SLOTS * SLOT_BYTES;

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;
const END = 0x0b;
const NO_VALUE = 0x40;
/** Parameters and locals of both functions. */
const [at, end, divisor, divisors] = [0, 1, 2, 3];

const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const tee = (local: number) => [0x22, local];
/** Of 0 to 63. */
const i32 = (value: number) => [0x41, value];
const I32_ADD = [0x6a];
const I32_LESS_UNSIGNED = [0x49];
const F32X4_SPLAT = [0xfd, 0x13];
const F32X4_ADD = [0xfd, ...unsigned(0xe4)];
const F32X4_DIVIDE = [0xfd, ...unsigned(0xe7)];
/** Aligned to 16 bytes. */
const load = (offset: number) => [0xfd, 0x00, 4, ...unsigned(offset)];
const store = (offset: number) => [0xfd, 0x0b, 4, ...unsigned(offset)];
const LOOP = [0x03, NO_VALUE];
const BRANCH_IF_TO_LOOP = [0x0d, 0];

export function assembleMeanModule(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...Buffer.from('\0asm'),
    ...[1, 0, 0, 0],
    ...section(1, [[0x60, ...vector([[I32], [I32], [F32]]), ...vector([])]]),
    ...section(2, [[...name('env'), ...name('memory'), 0x02, 0x00, ...unsigned(MEMORY_BYTES / 65_536)]]),
    ...section(3, [[0], [0]]),
    ...section(7, [
      [...name('add'), 0x00, 0],
      [...name('divide'), 0x00, 1],
    ]),
    ...section(10, [body([...get(at), ...load(SLOT_BYTES), ...F32X4_ADD]), body([...get(divisors), ...F32X4_DIVIDE])]),
  ]);
}

/** @param change what is done with four elements before they are stored. */
function body(change: readonly number[]): number[] {
  const locals = [[1, V128]];
  const code = [
    ...[...get(divisor), ...F32X4_SPLAT, ...set(divisors)],
    ...LOOP,
    ...get(at),
    ...[...get(at), ...load(0)],
    ...change,
    ...store(0),
    ...[...get(at), ...i32(16), ...I32_ADD, ...tee(at)],
    ...[...get(end), ...I32_LESS_UNSIGNED, ...BRANCH_IF_TO_LOOP],
    END,
    END,
  ];
  const bytes = [...vector(locals), ...code];
  return [...unsigned(bytes.length), ...bytes];
}

function section(id: number, items: readonly (readonly number[])[]): number[] {
  const bytes = vector(items);
  return [id, ...unsigned(bytes.length), ...bytes];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text)];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}
