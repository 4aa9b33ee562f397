/**
 * Float32 sums and means, four elements at a time: a loop in JavaScript takes six times as long, because V8 goes through
 * float64. IEEE addition and division, so the bits are the same. WebAssembly sees its own memory alone: blocks that fit
 * the processor's cache are copied in and out, which costs less than it gains.
 */
import { assembleMeanModule, END_OF_BLOCKS } from './mean-module.js';

/** Of one array. */
const BLOCK_ELEMENTS = 16 * 1024;
const BLOCK_BYTES = BLOCK_ELEMENTS * 4;

/** Node has it, but its types come with a browser's. */
declare const WebAssembly: {
  Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

type Kernel = (endOfA: number, divisor: number) => void;

const memory = new WebAssembly.Memory({ initial: END_OF_BLOCKS / 65_536 });
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assembleMeanModule()), { env: { memory } });
const { add, mean } = exports as { readonly add: Kernel; readonly mean: Kernel };
const [blockA, blockB, blockOut] = [0, 1, 2].map(
  (place) => new Float32Array(memory.buffer, place * BLOCK_BYTES, BLOCK_ELEMENTS),
) as [Float32Array, Float32Array, Float32Array];

/** out = a + b. @param out may be a or b. All of one length. */
export function addInto(a: Float32Array, b: Float32Array, out: Float32Array): void {
  inBlocks(a, b, out, (end) => add(end, 1));
}

/** out = (a + b) / divisor, the sum rounded to float32 first. @param divisor exact in float32. */
export function meanInto(a: Float32Array, b: Float32Array, divisor: number, out: Float32Array): void {
  inBlocks(a, b, out, (end) => mean(end, divisor));
}

function inBlocks(a: Float32Array, b: Float32Array, out: Float32Array, run: (endOfA: number) => void): void {
  for (let at = 0; at < out.length; at += BLOCK_ELEMENTS) {
    const end = Math.min(out.length, at + BLOCK_ELEMENTS);
    blockA.set(a.subarray(at, end));
    blockB.set(b.subarray(at, end));
    // Up to three elements after the last are added too; nobody reads them.
    run((end - at) * 4);
    out.set(blockOut.subarray(0, end - at), at);
  }
}
