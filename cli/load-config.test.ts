import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from './load-config.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-config-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function yamlFile(text: string): Promise<string> {
  const file = join(folder, 'run.yaml');
  await writeFile(file, text);
  return file;
}

const minimal = 'model: base\noutput: out\ndata:\n  train: rows.jsonl\n';

describe('loadConfig', () => {
  it('reads YAML, with flags and environment values read as YAML scalars', async () => {
    const file = await yamlFile(`${minimal}training:\n  learningRate: 2e-4\n`);
    const env = { PROSPECT_DATA_TRAIN: '[a.jsonl, b.jsonl]', PROSPECT_LOSS_DESIRABLE_WEIGHT: 'auto' };
    const config = await loadConfig(file, { set: ['training.epochs=0.5', 'loss.beta=1e-2'], env });
    expect(config.training).toMatchObject({ learningRate: 2e-4, epochs: 0.5 });
    expect(config.loss).toMatchObject({ beta: 0.01, desirableWeight: 'auto' });
    expect(config.model).toBe(join(folder, 'base'));
    expect(config.data.train).toEqual([join(process.cwd(), 'a.jsonl'), join(process.cwd(), 'b.jsonl')]);
  });

  it('names line and column of bad syntax', async () => {
    const file = await yamlFile('model: base\noutput: [out\ndata: 1\n');
    await expect(loadConfig(file, { env: {} })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/run\.yaml:3:1: /),
    });
  });

  it('refuses a key that is there twice, with its line', async () => {
    const file = await yamlFile(`${minimal}model: other\n`);
    await expect(loadConfig(file, { env: {} })).rejects.toThrow(/run\.yaml:5:1: .*unique/);
  });

  it('says so when there is no such file', async () => {
    const missing = loadConfig(join(folder, 'none.yaml'), { env: {} });
    await expect(missing).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(missing).rejects.toThrow(/none\.yaml: .*no such file/);
  });

  it('asks for the required fields of an empty file', async () => {
    await expect(loadConfig(await yamlFile(''), { env: {} })).rejects.toThrow(/model: missing[\s\S]*data: missing/);
  });
});
