/** The last words of a run: what changed, what the held-out rows say, where the result lies. */
import type { EvaluationMetrics } from './evaluation-metrics.js';
import { formatDuration, formatNumber, formatPercent, formatSigned } from './format.js';
import type { StepMetrics } from './step-metrics.js';

export interface RunSummary {
  readonly firstStep: StepMetrics;
  readonly lastStep: StepMetrics;
  /** Of the held-out rows; undefined when there are none. */
  readonly evaluation?: { readonly before: EvaluationMetrics; readonly after: EvaluationMetrics };
  readonly elapsedMs: number;
  /** Folder of the adapter or model. */
  readonly folder: string;
  /** Of its safetensors file, hex. */
  readonly sha256: string;
  readonly metricsPath: string;
  readonly plotPath: string;
}

type Show = (value: number | null, digits: number) => string;

/** Columns of the labels on the left. */
const LABEL_COLUMNS = 20;

export function summaryLines(summary: RunSummary): string[] {
  const { firstStep: first, lastStep: last } = summary;
  const change = (name: keyof StepMetrics & string, digits: number, show: Show = formatNumber) =>
    `${show(first[name] as number | null, digits)} → ${show(last[name] as number | null, digits)}`;
  const workers = `${last.workers} worker${last.workers === 1 ? '' : 's'}`;
  const rows: [label: string, text: string][] = [
    ['steps', `${last.step} in ${formatDuration(summary.elapsedMs)} on ${workers}`],
    ['loss', change('loss', 4)],
    ['reward, chosen', change('rewards/chosen', 3, formatSigned)],
    ['reward, rejected', change('rewards/rejected', 3, formatSigned)],
    ['margin', change('rewards/margins', 3, formatSigned)],
    ['kl', `${change('kl', 2)} (raw ${change('kl/raw', 2)})`],
    ...evaluationRows(summary.evaluation),
    ['result', summary.folder],
    ['SHA-256', summary.sha256],
    ['metrics', summary.metricsPath],
    ['plot', summary.plotPath],
  ];
  const title = `Trained. First step → last step${summary.evaluation ? '; held-out rows before → after' : ''}:`;
  return [title, ...rows.map(([label, text]) => `  ${label.padEnd(LABEL_COLUMNS)}${text}`)];
}

function evaluationRows(evaluation: RunSummary['evaluation']): [string, string][] {
  if (evaluation === undefined) return [];
  const { before, after } = evaluation;
  const count = after.eval_desirable_count + after.eval_undesirable_count;
  const margins = [before, after].map((metrics) => formatSigned(metrics['eval_rewards/margins'], 3));
  const right = [before, after].map((metrics) => formatPercent(metrics.eval_accuracy));
  return [
    ['held-out loss', `${formatNumber(before.eval_loss, 4)} → ${formatNumber(after.eval_loss, 4)} (${count} rows)`],
    ['held-out margin', margins.join(' → ')],
    ['held-out right', `${right.join(' → ')} (reward has the sign of the label)`],
  ];
}
