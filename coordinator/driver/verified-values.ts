/** Parameters that a worker sends, compared with what the workers agreed on. */
import { createHash } from 'node:crypto';
import { ProspectError } from '../../core/errors.js';

/** Fails at the end, before what is made of them gets its name, when they are not the agreed ones. */
export async function* verifiedValues(
  values: AsyncIterable<Float32Array>,
  parameterDigest: string,
  workerId: string,
): AsyncGenerator<Float32Array> {
  const hash = createHash('sha256');
  for await (const piece of values) {
    hash.update(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength));
    yield piece;
  }
  if (hash.digest('hex') === parameterDigest) return;
  throw new ProspectError('WORKER_LOST', `worker ${workerId} gave other parameters than the agreed ones`);
}
