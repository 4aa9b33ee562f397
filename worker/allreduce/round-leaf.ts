/** A leaf's gradient rounded for the bfloat16 wire: in pieces, because the main thread does it between messages. */
import { setImmediate } from 'node:timers/promises';
import { roundToBfloat16 } from '../../core/bfloat16.js';
import { chunksOf } from '../../core/tensor-chunks.js';

/** In place. */
export async function roundLeaf(gradient: SharedArrayBuffer): Promise<void> {
  for (const { offset, length } of chunksOf({ offset: 0, length: gradient.byteLength / 4 })) {
    roundToBfloat16(new Float32Array(gradient, offset * 4, length));
    await setImmediate();
  }
}
