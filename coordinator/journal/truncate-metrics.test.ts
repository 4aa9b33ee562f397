import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { truncateMetrics } from './truncate-metrics.js';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-metrics-'));
  path = join(folder, 'metrics.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

const line = (fields: object) => `${JSON.stringify(fields)}\n`;

test('lines up to the step stay as they are, with their evaluations; later and torn ones go', async () => {
  const kept = [
    { step: 0, eval_loss: 0.5 },
    { step: 1, loss: 0.1 },
    { step: 1, eval_loss: 0.4 },
  ]
    .map(line)
    .join('');
  await writeFile(path, `${kept}${line({ step: 2, loss: 0.1 })}{"step":3,"lo`);
  expect(await truncateMetrics(path, 1)).toEqual({ kept: 3, cut: 2 });
  expect(await readFile(path, 'utf8')).toBe(kept);
  expect(await readdir(folder)).toEqual(['metrics.jsonl']);
});

test('a last line without its end is whole when its content is', async () => {
  await writeFile(path, '{"step":1}');
  expect(await truncateMetrics(path, 5)).toEqual({ kept: 1, cut: 0 });
  expect(await readFile(path, 'utf8')).toBe('{"step":1}\n');
});

test('long files are copied in parts', async () => {
  const lines = Array.from({ length: 5000 }, (_, step) => line({ step, text: 'é'.repeat(500) }));
  await writeFile(path, lines.join(''));
  expect(await truncateMetrics(path, 3999)).toEqual({ kept: 4000, cut: 1000 });
  expect(await readFile(path, 'utf8')).toBe(lines.slice(0, 4000).join(''));
});

test('a run without metrics has none afterwards', async () => {
  expect(await truncateMetrics(path, 5)).toEqual({ kept: 0, cut: 0 });
  expect(await readdir(folder)).toEqual([]);
});
