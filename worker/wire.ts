/** Sequences and scores as messages: what the main thread translates between the session and the compute thread. */
import type { SequenceScore as ScoreMessage, Sequence } from '../proto/gen/prospect/v1/coordinator.js';
import type { SequenceInput, SequenceScore } from './compute/compute.js';

export function sequenceInput(message: Sequence): SequenceInput {
  const { row, promptLength, desirable, referenceLogp } = message;
  const known = referenceLogp === undefined ? {} : { referenceLogp };
  return { row, promptLength, desirable, tokenIds: tokenIdsOf(message.tokenIds), ...known };
}

export function scoreMessage(score: SequenceScore): ScoreMessage {
  const { row, policyLogp, referenceLogp, entropySum, logitSum } = score;
  return { row, policyLogp, referenceLogp, entropySum, logitSum };
}

/** Decoded bytes may be an unaligned view: copied first. */
function tokenIdsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}
