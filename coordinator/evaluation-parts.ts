/** The held-out rows in parts of a batch's size, paired the same way in every evaluation. */
import type { RunConfig } from '../core/config/schema.js';
import { type PlannedStep, planEvaluation } from './plan-step.js';
import type { RowSource } from './row-source.js';

export function* evaluationParts(rows: RowSource, config: RunConfig): Generator<PlannedStep> {
  const size = config.training.globalBatch;
  for (let start = 0, part = 0; start < rows.size; part++) {
    // A last row alone would have nothing to be paired with: it joins the part before.
    const end = rows.size - start <= size + 1 ? rows.size : start + size;
    const batch = Array.from({ length: end - start }, (_, i) => start + i);
    yield planEvaluation(rows, batch, config, part);
    start = end;
  }
}
