/** Rows whose log-probs are not finite: named for a person, once, with what to do. */
import type { DriverContext } from './context.js';

export const WHY_SET_ASIDE = 'its log-probs are not finite';

export function tellSetAside(
  step: number,
  rows: readonly number[],
  { train, log, config, events }: DriverContext,
): void {
  for (const row of rows) {
    const { file, line } = train.origin(row);
    const remedy = 'Lower training.learningRate if earlier steps went well; otherwise look at this row.';
    log.warn(
      { row, step, limit: config.data.setAside },
      `${file}:${line}: ${WHY_SET_ASIDE} in step ${step}: this row is set aside from now on. ${remedy}`,
    );
  }
  const named = rows.map((row) => ({ row, ...train.origin(row) }));
  events.tell({ kind: 'rowsSetAside', step, reason: WHY_SET_ASIDE, rows: named });
}
