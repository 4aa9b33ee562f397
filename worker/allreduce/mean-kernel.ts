/**
 * Float32 sums and means, four elements at a time: a loop in JavaScript takes six times as long, because V8 goes through
 * float64. IEEE addition and division, so the bits are the same. WebAssembly sees its own memory alone: blocks are copied
 * in and out of slots that fit the processor's cache, which costs less than it gains.
 */
import { assembleMeanModule, MEMORY_BYTES, SLOT_BYTES } from './mean-module.js';

/** Of a slot. */
export const BLOCK_ELEMENTS = SLOT_BYTES / Float32Array.BYTES_PER_ELEMENT;

/** Node has it, but its types come with a browser's. */
declare const WebAssembly: {
  Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

interface MeanModule {
  /** Bytes of the memory, both: from `at` on the elements of the next slot are added, up to `end` and a few after. */
  add(at: number, end: number, unused: number): void;
  divide(at: number, end: number, divisor: number): void;
}

const memory = new WebAssembly.Memory({ initial: MEMORY_BYTES / 65_536 });
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assembleMeanModule()), { env: { memory } });
const { add, divide } = exports as MeanModule;
const slots = Buffer.from(memory.buffer);

/** @param values at least one element, at most a block. */
export function loadSlot(slot: number, values: Float32Array): void {
  const at = slot * SLOT_BYTES;
  slots.fill(bytesOf(values), at, at + values.byteLength);
}

/** slot = slot + next slot. @param count elements. */
export function addNextSlot(slot: number, count: number): void {
  // Up to three elements after the last are added too; nobody reads them.
  add(slot * SLOT_BYTES, slot * SLOT_BYTES + count * Float32Array.BYTES_PER_ELEMENT, 0);
}

/** The first slot is divided. @param divisor exact in float32. @param out receives as many elements as it has. */
export function divideFirstSlot(divisor: number, out: Float32Array): void {
  divide(0, out.byteLength, divisor);
  bytesOf(out).fill(slots.subarray(0, out.byteLength));
}

/** To be copied by `fill`, which is one memcpy: `set` goes word by word where memory is shared, in up to twice the time. */
function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
