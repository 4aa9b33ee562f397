import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exampleMetrics } from '../../test/builders/example-metrics.js';
import { formatDuration } from './format.js';
import { openJsonlLog } from './jsonl-log.js';
import { renderPlot, writePlot } from './plot.js';
import { thin } from './plot-points.js';
import { summaryLines } from './summary.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-metrics-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the JSONL log has one line a record, with null for what is not a number', async () => {
  const path = join(folder, 'new', 'metrics.jsonl');
  const log = await openJsonlLog(path);
  await log.append({ step: 1, 'kl/stderr': Number.NaN });
  await log.append({ step: 2 });
  await log.close();
  await log.close();
  expect(await readFile(path, 'utf8')).toBe('{"step":1,"kl/stderr":null}\n{"step":2}\n');
});

test('a full disk under the JSONL log is a STORAGE error that names the file', async () => {
  const log = await openJsonlLog('/dev/full');
  await expect(log.append({ step: 1 })).rejects.toMatchObject({
    code: 'STORAGE',
    message: expect.stringMatching(/\/dev\/full: the disk is full/),
  });
  await log.close();
});

test('the plot shows three titled panels, and one step or none is enough', async () => {
  const points = [1, 2, 3].map((step) => exampleMetrics({ step, 'rewards/chosen': step === 2 ? null : step }));
  await writePlot(join(folder, 'plot.svg'), points, 'a run');
  const svg = await readFile(join(folder, 'plot.svg'), 'utf8');
  for (const text of ['a run', 'Loss', 'Rewards', 'Reference point', 'step', 'nats', 'chosen', 'rejected', 'margin']) {
    expect(svg).toContain(`>${text}<`);
  }
  expect(svg).not.toContain('NaN');
  expect(await renderPlot(points.slice(0, 1), 'one')).toContain('</svg>');
  expect(await renderPlot([], 'none')).toContain('</svg>');
});

test('a long run is thinned to means and keeps its last step', () => {
  const points = Array.from({ length: 1001 }, (_, i) => exampleMetrics({ step: i + 1, loss: i % 2 }));
  const thinned = thin(points, 400);
  expect(thinned.length).toBeLessThanOrEqual(400);
  expect(thinned.at(-1)?.step).toBe(1001);
  expect(thinned[0]?.loss).toBeCloseTo(1 / 3, 12);
});

test('the summary says what changed and where the result lies', () => {
  const evaluation = (accuracy: number) => ({
    step: 0,
    epoch: 0,
    ...(Object.fromEntries(Object.entries(exampleMetrics()).map(([name, value]) => [`eval_${name}`, value])) as object),
    eval_accuracy: accuracy,
  });
  const text = summaryLines({
    firstStep: exampleMetrics({ loss: 0.5, 'rewards/rejected': null, 'rewards/margins': null }),
    lastStep: exampleMetrics({ step: 48 }),
    evaluation: { before: evaluation(0.5), after: evaluation(0.95) } as never,
    elapsedMs: 65_000,
    folder: 'out/adapter',
    sha256: 'abc',
    metricsPath: 'out/metrics.jsonl',
    plotPath: 'out/plot.svg',
  }).join('\n');
  expect(text).toMatch(/steps +48 in 1 min 05 s on 2 workers/);
  expect(text).toMatch(/loss +0\.5000 → 0\.4312/);
  expect(text).toMatch(/margin +– → \+0\.530/);
  expect(text).toMatch(/held-out right +50\.0 % → 95\.0 %/);
  expect(text).toMatch(/result +out\/adapter\n +SHA-256 +abc/);
});

test('durations read well', () => {
  expect([400, 59_400, 60_000, 3_600_000 * 2 + 180_000].map(formatDuration)).toEqual([
    '0 s',
    '59 s',
    '1 min 00 s',
    '2 h 03 min',
  ]);
});
