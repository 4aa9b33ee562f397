/** A panel of the dashboard: what it shows, and of what. */

export interface Query {
  readonly expr: string;
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  /** What a person should see in it. */
  readonly description: string;
  /** Grafana's name. */
  readonly unit: string;
  readonly kind: 'stat' | 'timeseries' | 'stacked';
  readonly queries: readonly Query[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

type Text = readonly [expr: string, legend: string];

export function stat(title: string, unit: string, description: string, ...texts: Text[]): Panel {
  return panel('stat', title, unit, description, texts);
}

export function series(title: string, unit: string, description: string, ...texts: Text[]): Panel {
  return panel('timeseries', title, unit, description, texts);
}

export function stacked(title: string, unit: string, description: string, ...texts: Text[]): Panel {
  return panel('stacked', title, unit, description, texts);
}

function panel(kind: Panel['kind'], title: string, unit: string, description: string, texts: readonly Text[]): Panel {
  return { kind, title, unit, description, queries: texts.map(([expr, legend]) => ({ expr, legend })) };
}
