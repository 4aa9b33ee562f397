/** A folder with a run.yaml for tests that start processes: a tiny model, a few rows, seconds of training. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../core/cache-folder.js';
import { enginesFolder } from '../../worker/engine/native/locate.js';
import { modelFolder, PARITY_DATA } from './parity-data.js';

export interface RunFolder {
  readonly folder: string;
  /** Path of run.yaml. */
  readonly config: string;
  /** Keeps what runs cache within the folder; native engines are the machine's. */
  readonly environment: Record<string, string>;
  remove(): Promise<void>;
}

const FROM_FILE = { train: join(PARITY_DATA, 'feedback.jsonl'), heldOut: 0.1 };

/** @param data where its rows are from. */
export async function createRunFolder(data: object = FROM_FILE): Promise<RunFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'prospect-run-'));
  const config = join(folder, 'run.yaml');
  const fields = {
    model: modelFolder('llama-lora'),
    output: join(folder, 'out'),
    engine: 'wasm',
    data,
    training: { globalBatch: 8, microbatchTokens: 96, maxSteps: 3, learningRate: 1e-3, warmupRatio: 0 },
  };
  // JSON is YAML.
  await writeFile(config, JSON.stringify(fields));
  const environment = { PROSPECT_CACHE: join(folder, 'cache') };
  await mkdir(environment.PROSPECT_CACHE);
  const engines = enginesFolder(cacheFolder());
  if (existsSync(engines)) await symlink(engines, enginesFolder(environment.PROSPECT_CACHE));
  return { folder, config, environment, remove: () => rm(folder, { recursive: true, force: true }) };
}
