/** Log-probs that are not numbers: the row is named, since it, or a learning rate that is too high, is the reason. */
import type { SequenceScore } from '../proto/gen/prospect/v1/coordinator.js';

/** Rows whose scores are not finite where they should be, each once, in the order given. */
export function rowsNotFinite(
  scores: readonly SequenceScore[],
  asked: { readonly policy: boolean; readonly reference: boolean },
): number[] {
  const rows = scores.flatMap(({ row, policyLogp, referenceLogp }) => {
    const isGood =
      (!asked.policy || Number.isFinite(policyLogp)) && (!asked.reference || Number.isFinite(referenceLogp));
    return isGood ? [] : [row];
  });
  return [...new Set(rows)];
}
