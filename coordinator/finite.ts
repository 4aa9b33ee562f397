/** Log-probs that are not numbers: the row is named, since it, or a learning rate that is too high, is the reason. */
import { ProspectError } from '../core/errors.js';
import type { SequenceScore } from '../proto/gen/prospect/v1/coordinator.js';
import type { RowSource } from './row-source.js';

/** @throws NON_FINITE for the first score that is not finite where it should be. */
export function checkFinite(
  scores: readonly SequenceScore[],
  asked: { readonly policy: boolean; readonly reference: boolean },
  rows: Pick<RowSource, 'origin'>,
  phase: string,
): void {
  for (const { row, policyLogp, referenceLogp } of scores) {
    if (asked.policy && !Number.isFinite(policyLogp)) throw notFinite('policy', policyLogp, row, rows, phase);
    if (asked.reference && !Number.isFinite(referenceLogp))
      throw notFinite('reference', referenceLogp, row, rows, phase);
  }
}

function notFinite(
  model: 'policy' | 'reference',
  value: number,
  row: number,
  rows: Pick<RowSource, 'origin'>,
  phase: string,
): ProspectError {
  const { file, line } = rows.origin(row);
  const remedy =
    model === 'policy'
      ? 'Lower training.learningRate if earlier steps went well; otherwise look at this row and at the model’s weights.'
      : 'Look at this row and at the model’s weights.';
  const message = `${file}:${line}: the ${model} log-prob of this row is ${value} in ${phase}.`;
  return new ProspectError('NON_FINITE', `${message} ${remedy}`);
}
