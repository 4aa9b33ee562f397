/** deploy/grafana/prospect.json from its panels: `npm run docs:metrics` writes it, a test looks whether it is current. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Panel } from './grafana/panel.js';
import { ROWS } from './grafana/panels.js';

/** Grafana's grid is 24 wide. */
const GRID = 24;
const HEIGHT = { stat: 4, timeseries: 8, stacked: 8, row: 1 };
const PANELS_A_ROW = { stat: 6, timeseries: 3, stacked: 3 };
const SOURCE = { type: 'prometheus', uid: '$datasource' };

export function grafanaDashboard(): string {
  const dashboard = {
    uid: 'prospect-run',
    title: 'Prospect: a run',
    description: 'One training run: how it learns, how fast, on whom, and how safe. Made by npm run docs:metrics.',
    tags: ['prospect'],
    schemaVersion: 39,
    editable: true,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: variables() },
    panels: panels(),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

function variables(): object[] {
  const query = (name: string, label: string, expr: string, more: object) => ({
    name,
    label,
    type: 'query',
    datasource: SOURCE,
    query: { query: expr, refId: name },
    definition: expr,
    refresh: 2,
    sort: 1,
    ...more,
  });
  return [
    { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', refresh: 1 },
    query('run', 'Run', 'label_values(prospect_run_info, run)', { multi: false }),
    // A coordinator that was started elsewhere has another address and the same run: hidden, all of them.
    query('coordinator', 'Coordinator', 'label_values(prospect_run_info{run=~"$run"}, instance)', {
      multi: true,
      includeAll: true,
      current: { text: 'All', value: '$__all' },
      hide: 2,
    }),
  ];
}

function panels(): object[] {
  const placed: object[] = [];
  let y = 0;
  for (const { title, panels: inRow } of ROWS) {
    const row = { type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y, w: GRID, h: HEIGHT.row } };
    placed.push({ id: placed.length + 1, ...row });
    y += HEIGHT.row;
    let x = 0;
    let height = 0;
    for (const panel of inRow) {
      const w = GRID / PANELS_A_ROW[panel.kind];
      if (x + w > GRID) {
        y += height;
        x = 0;
      }
      height = HEIGHT[panel.kind];
      placed.push({ id: placed.length + 1, gridPos: { x, y, w, h: height }, ...panelOf(panel) });
      x += w;
    }
    y += height;
  }
  return placed;
}

function panelOf({ title, description, unit, kind, queries }: Panel): object {
  const targets = queries.map(({ expr, legend }, i) => ({
    refId: String.fromCharCode('A'.charCodeAt(0) + i),
    datasource: SOURCE,
    expr,
    legendFormat: legend,
  }));
  const common = { title, description, datasource: SOURCE, targets };
  if (kind === 'stat') {
    const options = { reduceOptions: { calcs: ['lastNotNull'] }, textMode: 'value_and_name', colorMode: 'none' };
    return { ...common, type: 'stat', fieldConfig: { defaults: { unit }, overrides: [] }, options };
  }
  const isStacked = kind === 'stacked';
  const custom = {
    fillOpacity: isStacked ? 30 : 0,
    stacking: { mode: isStacked ? 'normal' : 'none' },
    showPoints: 'never',
  };
  const options = { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } };
  return { ...common, type: 'timeseries', fieldConfig: { defaults: { unit, custom }, overrides: [] }, options };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // From dist/scripts.
  mkdirSync(new URL('../../deploy/grafana', import.meta.url), { recursive: true });
  writeFileSync(new URL('../../deploy/grafana/prospect.json', import.meta.url), grafanaDashboard());
}
