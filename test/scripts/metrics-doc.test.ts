/** What is said of metrics is what there is, and by Prometheus's conventions. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COORDINATOR_METRICS } from '../../core/metrics/coordinator-metrics.js';
import { WORKER_METRICS } from '../../core/metrics/worker-metrics.js';
import { metricsDocument } from '../../scripts/metrics-doc.js';
import { PROJECT_ROOT } from '../support/project-root.js';

const ALL = [...Object.values(COORDINATOR_METRICS), ...Object.values(WORKER_METRICS)];

test('docs/metrics.md is what the definitions give', async () => {
  expect(readFileSync(join(PROJECT_ROOT, 'docs', 'metrics.md'), 'utf8')).toBe(await metricsDocument());
});

test('counters end in _total and nothing else does, and no unit but a base unit is in a name', () => {
  for (const { name, kind } of ALL) {
    expect(name.endsWith('_total'), name).toBe(kind === 'counter');
    expect(name).not.toMatch(/_(ms|milliseconds|microseconds|minutes|hours|kib|mib|gib|percent)\b/);
    expect(name).toMatch(/^prospect_[a-z0-9_]+$/);
  }
  expect(new Set(ALL.map(({ name }) => name)).size).toBe(ALL.length);
});
