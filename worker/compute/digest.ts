/** What equal bits are known by. */
import { createHash } from 'node:crypto';

/** SHA-256 of the array's bytes, hex. */
export function digestOf(values: Float32Array | Uint8Array): string {
  return createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');
}
