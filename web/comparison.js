/** Runs beside each other: how they ended, and the settings in which they differ. */
import { flattened } from './configuration.js';
import { byId, element, tableRow } from './dom.js';
import { count, percent, short } from './format.js';

/** @param runs with `evaluations`, oldest first, and `latest`, the newest step's values. */
export function showComparison(runs) {
  const head = element(
    'tr',
    {},
    ...['', ...runs.map(({ name }) => name)].map((textContent) => element('th', { textContent, scope: 'col' })),
  );
  const rows = [
    ['state', ({ status }) => status.state],
    [
      'steps',
      ({ lastStep, totalSteps }) =>
        totalSteps === null ? count(lastStep) : `${count(lastStep)} of ${count(totalSteps)}`,
    ],
    ['loss', ({ latest }) => short(latest.loss)],
    ['margin', ({ latest }) => short(latest['rewards/margins'])],
    ['held-out loss', ({ evaluations }) => short(evaluations.at(-1)?.metrics.loss)],
    ['held-out accuracy', ({ evaluations }) => percent(evaluations.at(-1)?.metrics.accuracy, 1)],
  ].map(([label, value]) => tableRow([label, ...runs.map(value)]));
  const table = element('table', {}, element('thead', {}, head), element('tbody', {}, ...rows, ...differences(runs)));
  byId('comparison').replaceChildren(table);
}

function differences(runs) {
  const settings = runs.map(({ config }) => new Map(flattened(config)));
  const paths = [...new Set(settings.flatMap((one) => [...one.keys()]))].filter((path) => path !== 'output');
  const differing = paths.filter((path) => new Set(settings.map((one) => one.get(path))).size > 1);
  return differing.map((path) => tableRow([path, ...settings.map((one) => one.get(path) ?? 'not set')]));
}
