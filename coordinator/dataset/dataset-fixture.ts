/** For tests: files of feedback rows and datasets opened from them, all in one folder that goes away afterwards. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunConfig, type RunConfigInput, RunConfigSchema } from '../../core/config/schema.js';
import type { Dataset } from './dataset.js';
import { openDataset } from './open-dataset.js';

export const MODEL = fileURLToPath(new URL('../../test/parity/data/llama-full/model', import.meta.url));

type Settings = Omit<Partial<RunConfigInput>, 'data'> & { data: RunConfigInput['data'] };

export interface DatasetFixture {
  readonly folder: string;
  readonly cacheDir: string;
  /** A new file with a line each; texts as they are, other values as JSON. */
  rowsFile(...lines: unknown[]): Promise<string>;
  /** Opens a dataset, looks at it and closes it. @param log takes the lines that are logged */
  using<T>(settings: Settings, look: (dataset: Dataset) => T, log?: string[]): Promise<T>;
  remove(): Promise<void>;
}

export async function createDatasetFixture(): Promise<DatasetFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'prospect-dataset-'));
  const cacheDir = join(folder, 'cache');
  let fileCount = 0;
  return {
    folder,
    cacheDir,
    rowsFile: async (...lines) => {
      const file = join(folder, `rows-${fileCount++}.jsonl`);
      await writeFile(file, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
      return file;
    },
    using: async (settings, look, log = []) => {
      const dataset = await openDataset(configOf(settings), { cacheDir, log: (line) => void log.push(line) });
      try {
        return look(dataset);
      } finally {
        await dataset.close();
      }
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

export function configOf({ data, ...others }: Settings): RunConfig {
  return RunConfigSchema.parse({ model: MODEL, output: 'out', ...others, data });
}

export function row(i: number, label: boolean = i % 2 === 0): { prompt: string; completion: string; label: boolean } {
  return { prompt: `Question ${i}?\n`, completion: `Answer ${i}.`, label };
}

/** Labels take turns. */
export function rows(count: number): ReturnType<typeof row>[] {
  return Array.from({ length: count }, (_, i) => row(i));
}
