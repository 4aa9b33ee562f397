import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunConfigSchema } from '../core/config/schema.js';
import { type DatasetInspection, formatInspection, inspectDataset } from './inspect-dataset.js';

const model = fileURLToPath(new URL('../test/parity/data/llama-full/model', import.meta.url));
let folder: string;
let inspection: DatasetInspection;
let train: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-inspect-'));
  train = join(folder, 'rows.jsonl');
  const row = (prompt: string, label: unknown, words: number) =>
    JSON.stringify({ prompt, completion: 'yes '.repeat(words), label });
  const rows = [row('a', true, 1), row('a', false, 1), row('a', false, 2), row('b', false, 2), row('c', false, 90)];
  await writeFile(train, [...rows, row('d', 'good', 1), row('e', 0, 1)].join('\n'));
  const config = RunConfigSchema.parse({ model, output: 'out', data: { train, badRows: 0 } });
  inspection = await inspectDataset(config, { cacheDir: join(folder, 'cache') });
});
afterAll(() => rm(folder, { recursive: true }));

describe('inspectDataset', () => {
  it('counts classes and rows that share a prompt', () => {
    expect(inspection).toMatchObject({ rows: 5, desirable: 1, undesirable: 4, heldOutRows: 0 });
    expect(inspection.prompts).toEqual({ different: 3, sharingRows: 3, largestGroup: 3 });
  });

  it('gives lengths as percentiles', () => {
    expect(inspection.promptTokens).toEqual({ p50: 1, p90: 1, p99: 1, max: 1 });
    expect(inspection.completionTokens.p50).toBeLessThan(20);
    expect(inspection.completionTokens.max).toBeGreaterThan(80);
  });

  it('recommends weights that balance the classes', () => {
    expect(inspection.recommendedWeights).toEqual({ desirableWeight: 4, undesirableWeight: 1 });
  });

  it('shows rows that cannot be used even above the run’s limit', () => {
    expect(inspection.badRows).toBe(2);
  });
});

describe('formatInspection', () => {
  it('prints counts, problems with their places, and warnings', () => {
    const text = formatInspection(inspection);
    expect(text).toMatch(/^undesirable +4 \(80\.0 %\)$/m);
    expect(text).toMatch(/^recommended weights +desirable 4, undesirable 1$/m);
    expect(text).toContain(`  ${train}:6: found "good"`);
    expect(text).toContain('warning: the classes are out of balance');
  });
});
