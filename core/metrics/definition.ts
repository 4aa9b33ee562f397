/** What Prometheus is told, as data: processes register their metrics from it, and docs/metrics.md is made from it. */

export type MetricKind = 'gauge' | 'counter' | 'histogram';

/** Names with the values that they can have; a text instead says where the values come from. */
export type Labels = Readonly<Record<string, readonly string[] | string>>;

export interface MetricDefinition<Kind extends MetricKind = MetricKind, Own extends Labels = Labels> {
  readonly kind: Kind;
  /** By Prometheus's conventions: base units, `_total` for counters. */
  readonly name: string;
  readonly help: string;
  readonly labels: Own;
  /** Upper bounds, of a histogram. */
  readonly buckets: readonly number[];
}

/** Metrics of a process, by the name that its code has for them. */
export type MetricDefinitions = Readonly<Record<string, MetricDefinition>>;

type NoLabels = Readonly<Record<never, never>>;

/** Shown from the first time on that it is set. */
export function gauge<const Own extends Labels = NoLabels>(
  name: string,
  help: string,
  labels: Own = {} as Own,
): MetricDefinition<'gauge', Own> {
  return { kind: 'gauge', name, help, labels, buckets: [] };
}

export function counter<const Own extends Labels = NoLabels>(
  name: string,
  help: string,
  labels: Own = {} as Own,
): MetricDefinition<'counter', Own> {
  return { kind: 'counter', name, help, labels, buckets: [] };
}

export function histogram<const Own extends Labels = NoLabels>(
  name: string,
  help: string,
  buckets: readonly number[],
  labels: Own = {} as Own,
): MetricDefinition<'histogram', Own> {
  return { kind: 'histogram', name, help, labels, buckets };
}
