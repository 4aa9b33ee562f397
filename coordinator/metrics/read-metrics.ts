/** metrics.jsonl of a run that goes on, read back: its last steps carry on in alarms, plot and summary. */
import { existsSync } from 'node:fs';
import { readLines } from '../dataset/jsonl.js';
import type { EvaluationMetrics } from './evaluation-metrics.js';
import type { StepMetrics } from './step-metrics.js';

export type MetricsLine =
  | { readonly kind: 'step'; readonly metrics: StepMetrics }
  | { readonly kind: 'evaluation'; readonly metrics: EvaluationMetrics };

/** Lines in order; none where there is no file. Each must be whole (see journal/truncate-metrics.ts). */
export async function* readMetrics(path: string): AsyncGenerator<MetricsLine> {
  if (!existsSync(path)) return;
  for await (const { text } of readLines(path)) {
    const line = JSON.parse(text) as StepMetrics | EvaluationMetrics;
    if ('eval_loss' in line) yield { kind: 'evaluation', metrics: line };
    else yield { kind: 'step', metrics: line };
  }
}
