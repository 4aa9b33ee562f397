/** Evaluations of the held-out rows, newest first. */
import { byId, tableRow } from './dom.js';
import { count, percent, short } from './format.js';

export function showEvaluations(evaluations) {
  byId('no-evaluations').hidden = evaluations.length > 0;
  const rows = evaluations.toReversed().map(({ step, metrics }) =>
    tableRow(
      [count(step), short(metrics.loss), short(metrics['rewards/margins']), percent(metrics.accuracy, 1)].map(
        (text) => ({
          text,
          isNumber: true,
        }),
      ),
    ),
  );
  byId('evaluations').replaceChildren(...rows);
}
