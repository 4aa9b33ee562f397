/** Trains with TRL's KTOTrainer, in the environment that `npm run bench:peers` makes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PEERS_FOLDER, peerPython } from '../peers/python.js';
import type { FeedbackText } from './make-rows.js';
import type { Method, Trainer } from './measurement.js';
import { runProgram } from './program.js';
import { MAX_LENGTH } from './row-lengths.js';
import { type Device, GLOBAL_BATCH, LEARNING_RATE, LORA, THREADS } from './settings.js';
import { removingAfter } from './unfinished-folder.js';

export const TRL_VARIANTS = {
  trl: 'default',
  'trl-plain': 'plain',
  'trl-precomputed': 'precomputed',
} as const satisfies Partial<Record<Trainer, string>>;
export type TrlTrainer = keyof typeof TRL_VARIANTS;

export interface TrlJob {
  readonly model: string;
  readonly rows: readonly FeedbackText[];
  readonly method: Method;
  readonly trainer: TrlTrainer;
  readonly device: Device;
}

/** What the script prints. */
interface Printed {
  readonly stepSeconds: readonly number[];
  readonly losses: readonly number[];
  /** Tokens of each row. */
  readonly lengths: readonly number[];
  readonly aheadSeconds: number;
  readonly versions: Readonly<Record<string, string>>;
}

export interface TrlResult extends Printed {
  readonly peakBytes: number | undefined;
}

/** The Python that has TRL, if there is one. */
export function findTrl(): string | undefined {
  const python = peerPython();
  const test = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("trl") is None)';
  return python !== undefined && spawnSync(python, ['-c', test]).status === 0 ? python : undefined;
}

/** @throws with what the program said when it fails; its files are removed in any case. */
export async function trainWithTrl(python: string, job: TrlJob): Promise<TrlResult> {
  const folder = mkdtempSync(join(tmpdir(), 'prospect-bench-'));
  return removingAfter(folder, async () => {
    const rows = join(folder, 'rows.jsonl');
    writeFileSync(rows, job.rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const settings = {
      globalBatch: GLOBAL_BATCH,
      maxLength: MAX_LENGTH,
      learningRate: LEARNING_RATE,
      threads: THREADS,
    };
    const { model, method, device } = job;
    const variant = TRL_VARIANTS[job.trainer];
    const argument = { model, rows, method, variant, device, lora: LORA, output: join(folder, 'out'), ...settings };
    const script = join(PEERS_FOLDER, 'trl_kto.py');
    // Its caches are emptied too: it would take reference log-probs from there.
    const environment = { HF_HUB_OFFLINE: '1', HF_HOME: join(folder, 'cache') };
    const { stdout, peakBytes } = await runProgram(python, [script, JSON.stringify(argument)], environment);
    return { ...(JSON.parse(stdout.trim().split('\n').at(-1)!) as Printed), peakBytes };
  });
}
