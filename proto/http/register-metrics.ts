/** Metrics of a process, registered from their definitions; what they are at is text for Prometheus. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Labels, MetricDefinition, MetricDefinitions } from '../../core/metrics/definition.js';

type LabelNames<Definition extends MetricDefinition> = Extract<keyof Definition['labels'], string>;
type MetricOf<Definition extends MetricDefinition> = Definition['kind'] extends 'gauge'
  ? Gauge<LabelNames<Definition>>
  : Definition['kind'] extends 'counter'
    ? Counter<LabelNames<Definition>>
    : Histogram<LabelNames<Definition>>;

/** One of prom-client's for each definition, under the same name. */
export type Metrics<Definitions extends MetricDefinitions> = {
  readonly [Name in keyof Definitions]: MetricOf<Definitions[Name]>;
};

/** Counters and histograms with known labels begin at 0, so that their first increase is seen; gauges begin when set. */
export function registerMetrics<Definitions extends MetricDefinitions>(
  definitions: Definitions,
  registry: Registry,
): Metrics<Definitions> {
  const entries = Object.entries(definitions).map(([name, definition]) => [name, createMetric(definition, registry)]);
  return Object.fromEntries(entries) as Metrics<Definitions>;
}

/** With what every Node process tells: processor time, memory, lag of the event loop, garbage collection. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

function createMetric({ kind, name, help, labels, buckets }: MetricDefinition, registry: Registry) {
  const options = { name, help, labelNames: Object.keys(labels), registers: [registry] };
  switch (kind) {
    case 'gauge': {
      const gauge = new Gauge(options);
      // prom-client begins one without labels at 0.
      if (options.labelNames.length === 0) gauge.remove();
      return gauge;
    }
    case 'counter': {
      const counter = new Counter(options);
      for (const combination of combinationsOf(labels)) counter.inc(combination, 0);
      return counter;
    }
    case 'histogram': {
      const histogram = new Histogram({ ...options, buckets: [...buckets] });
      for (const combination of combinationsOf(labels)) histogram.zero(combination);
      return histogram;
    }
  }
}

/** Of all values, where they are known. */
function combinationsOf(labels: Labels): Record<string, string>[] {
  let combinations: Record<string, string>[] = [{}];
  for (const [name, values] of Object.entries(labels)) {
    if (typeof values === 'string') return [];
    combinations = combinations.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  }
  return combinations;
}
