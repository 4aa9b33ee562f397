/** Sequences as messages: what the main thread translates between the session and the compute thread. */
import type { Sequence } from '../proto/gen/prospect/v1/coordinator.js';
import type { SequenceInput } from './compute/compute.js';

export function sequenceInput(message: Sequence): SequenceInput {
  const { row, promptLength, desirable, referenceLogp } = message;
  const known = referenceLogp === undefined ? {} : { referenceLogp };
  return { row, promptLength, desirable, tokenIds: tokenIdsOf(message.tokenIds), ...known };
}

/** Decoded bytes may be an unaligned view: copied first. */
function tokenIdsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}
