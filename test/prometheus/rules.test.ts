/** The alerts and the dashboard as they are shipped, by Prometheus's own tool. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { COORDINATOR_METRICS } from '../../core/metrics/coordinator-metrics.js';
import { WORKER_METRICS } from '../../core/metrics/worker-metrics.js';
import { grafanaDashboard } from '../../scripts/grafana-dashboard.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { PROMTOOL } from '../support/prometheus.js';

const FOLDER = join(PROJECT_ROOT, 'deploy', 'prometheus');
const RULES = readFileSync(join(FOLDER, 'rules.yaml'), 'utf8');
const DASHBOARD = readFileSync(join(PROJECT_ROOT, 'deploy', 'grafana', 'prospect.json'), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly remedy: string };
}

function rules(): Rule[] {
  return (parse(RULES) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
}

function promtool(...args: string[]) {
  return spawnSync(PROMTOOL!, args, { cwd: FOLDER, encoding: 'utf8' });
}

describe.skipIf(!PROMTOOL)('promtool', () => {
  test('finds no mistake in the rules', () => {
    const { status, stderr, stdout } = promtool('check', 'rules', '--lint=all', '--lint-fatal', 'rules.yaml');
    expect(status, stdout + stderr).toBe(0);
  });

  test('finds that each alert fires when it should, and only then', () => {
    const { status, stderr, stdout } = promtool('test', 'rules', 'rules.test.yaml');
    expect(status, stdout + stderr).toBe(0);
  });
});

test('every alert says what it is, how urgent, and what to do, and has a test', () => {
  const tests = readFileSync(join(FOLDER, 'rules.test.yaml'), 'utf8');
  for (const { alert, labels, annotations } of rules()) {
    expect(['critical', 'warning', 'info'], alert).toContain(labels.severity);
    expect(annotations.summary, alert).toMatch(/\w/);
    expect(annotations.remedy, alert).toMatch(/\w/);
    expect(tests, alert).toContain(`"${alert}"`);
  }
});

test('rules and dashboard ask for nothing that no process tells', () => {
  const told = new Set(
    [...Object.values(COORDINATOR_METRICS), ...Object.values(WORKER_METRICS)].map(({ name }) => name),
  );
  const asked = [RULES, DASHBOARD].flatMap((text) => [...text.matchAll(/prospect_[a-z0-9_]+/g)].map(([name]) => name));
  const unknown = asked.filter((name) => !told.has(name) && !told.has(name.replace(/_(sum|count|bucket)$/, '')));
  expect(unknown).toEqual([]);
});

test('deploy/grafana/prospect.json is what its panels give', () => {
  expect(DASHBOARD).toBe(grafanaDashboard());
});
