import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { inspectCommand } from './inspect.js';

const parity = fileURLToPath(new URL('../test/parity/data', import.meta.url));
const model = join(parity, 'llama-full/model');
let folder: string;
let runFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-inspect-command-'));
  runFile = join(folder, 'run.yaml');
  const data = `data:\n  train: ${join(parity, 'feedback.jsonl')}\n`;
  await writeFile(runFile, `model: ${model}\noutput: out\n${data}`);
  vi.stubEnv('PROSPECT_CACHE', join(folder, 'cache'));
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function printed(...parameters: string[]): Promise<string> {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  await inspectCommand().parseAsync(parameters, { from: 'user' });
  return text;
}

describe('prospect inspect', () => {
  it('prints a run’s dataset as JSON, with fields set by flags', async () => {
    const inspection = JSON.parse(await printed('data', runFile, '--json', '--set', 'data.heldOut=0.25'));
    expect(inspection.rows + inspection.heldOutRows).toBe(96);
    expect(inspection.heldOutRows).toBeGreaterThan(10);
    expect(inspection.recommendedWeights.desirableWeight).toBe(1);
  });

  it('prints a run’s dataset for people', async () => {
    expect(await printed('data', runFile)).toMatch(/^training rows +96$/m);
  });

  it('prints a model as lines of name and value, and as JSON', async () => {
    expect(await printed('model', model)).toMatch(/^family +llama$/m);
    expect(JSON.parse(await printed('model', model, '--json'))).toMatchObject({ family: 'llama', layers: 2 });
  });

  it('shows examples in its help', () => {
    const chunks: string[] = [];
    inspectCommand()
      .configureOutput({ writeOut: (chunk) => void chunks.push(chunk) })
      .outputHelp();
    expect(chunks.join('')).toContain('prospect inspect data run.yaml');
  });
});
