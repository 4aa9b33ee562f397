/** The folder of a run that is over, made up: its page takes metrics, events and record, and no training. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openEventLog } from '../../coordinator/events/event-log.js';
import { stepEvent } from '../../coordinator/events/metrics-events.js';
import type { StepMetrics } from '../../coordinator/metrics/step-metrics.js';
import { RunConfigSchema } from '../../core/config/schema.js';
import { randomFrom } from '../../core/order/mix.js';
import { exampleMetrics } from '../builders/example-metrics.js';
import { NO_RIVAL } from './no-rival.js';

/** One step whose loss is unlike its neighbours', in runs that are so long. */
export const SPIKE = { step: 61_300, height: 3 };

export interface MadeRun {
  readonly steps: number;
  readonly seed: number;
}

export async function writeRecordedRun(output: string, { steps, seed }: MadeRun): Promise<void> {
  await mkdir(output, { recursive: true });
  const random = randomFrom(seed);
  const made = Array.from({ length: steps }, (_, i) => madeStep(i + 1, steps, random));
  await writeFile(join(output, 'metrics.jsonl'), made.map((metrics) => `${JSON.stringify(metrics)}\n`).join(''));
  const config = RunConfigSchema.parse({
    model: '/models/toy',
    output,
    data: { train: 'rows.jsonl' },
    training: { seed },
  });
  await writeFile(join(output, 'run.json'), JSON.stringify({ runId: `run-${seed}`, config, totalSteps: steps }));
  await writeEvents(output, `run-${seed}`, made);
}

async function writeEvents(output: string, run: string, made: readonly StepMetrics[]): Promise<void> {
  const onError = (error: Error) => {
    throw error;
  };
  const settings = { goesOn: false, limitBytes: 2 ** 30, fence: NO_RIVAL, onError, timeMs: () => 0 };
  const log = await openEventLog({ output, run, ...settings });
  const totalSteps = made.length;
  const start = { incarnation: 1, afterStep: 0, totalSteps, method: 'lora', loss: 'kto', datasetDigest: '' } as const;
  log.tell({ kind: 'runStarted', ...start });
  for (const metrics of made) log.tell(stepEvent(metrics));
  log.tell({ kind: 'runFinished', step: totalSteps, folder: 'adapter', sha256: '', parameterDigest: '' });
  await log.close();
}

function madeStep(step: number, steps: number, random: () => number): StepMetrics {
  const share = step / steps;
  const noise = () => 0.2 * (random() - 0.5);
  const raw = 0.5 * share + noise();
  return {
    ...exampleMetrics({ step }),
    loss: 0.5 - 0.2 * share + noise() / 4 + (step === SPIKE.step ? SPIKE.height : 0),
    'rewards/chosen': share + noise(),
    'rewards/rejected': noise() - share,
    'rewards/margins': 2 * share + noise(),
    kl: Math.max(0, raw),
    'kl/raw': raw,
    'kl/stderr': 0.1,
    'kl/clamped': raw < 0,
  };
}
