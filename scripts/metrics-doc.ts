/** docs/metrics.md from the definitions of the metrics: `npm run docs:metrics` writes it, a test looks whether it is current. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { COORDINATOR_METRICS } from '../core/metrics/coordinator-metrics.js';
import type { MetricDefinition, MetricDefinitions } from '../core/metrics/definition.js';
import { WORKER_METRICS } from '../core/metrics/worker-metrics.js';
import { createRegistry } from '../proto/http/register-metrics.js';

const HEADER = `# Metrics

<!-- Made from core/metrics by \`npm run docs:metrics\`. -->

\`--metrics-listen 9464\`, or \`metrics: { listen: … }\` in the configuration, serves \`/metrics\`, \`/healthz\` and \`/readyz\`:
of the coordinator there, of the workers that \`train\` starts on the ports behind it, of a \`prospect worker\` where its own
flag says. A port alone is one of the loopback address. \`deploy/prometheus/rules.yaml\` has alerts, \`deploy/grafana\` a
dashboard; whether a process is there at all is Prometheus's own \`up\`.

What is counted from steps is counted once for each step of the run: a coordinator that is started again goes on from
\`metrics.jsonl\`, and steps that are made again do not count again. Other counters begin with their process. A label with
few values has a series for each of them from the start.
`;

export async function metricsDocument(): Promise<string> {
  const everywhere = await createRegistry().getMetricsAsJSON();
  const node = everywhere.map(({ name, type, help }) => `| \`${name}\` | ${type} |  | ${sentence(help)} |`);
  return [
    HEADER,
    `## Coordinator\n\n${table(rowsOf(COORDINATOR_METRICS))}`,
    `## Worker\n\n${table(rowsOf(WORKER_METRICS))}`,
    `## Every process\n\nWhat prom-client tells of Node.js.\n\n${table(node)}`,
  ].join('\n');
}

function table(rows: readonly string[]): string {
  return `| Metric | Type | Labels | |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}

function rowsOf(definitions: MetricDefinitions): string[] {
  return Object.values(definitions).map(
    (definition) => `| \`${definition.name}\` | ${definition.kind} | ${labelsOf(definition)} | ${definition.help} |`,
  );
}

function labelsOf({ labels }: MetricDefinition): string {
  return Object.entries(labels)
    .map(([name, values]) => `\`${name}\`: ${typeof values === 'string' ? values : values.join(', ')}`)
    .join('; ');
}

/** prom-client's own texts end as they like. */
function sentence(text: string): string {
  return `${text.trim().replace(/\.$/, '')}.`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // From dist/scripts.
  writeFileSync(new URL('../../docs/metrics.md', import.meta.url), await metricsDocument());
}
