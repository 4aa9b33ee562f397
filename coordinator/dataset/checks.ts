/** What is wrong, or looks wrong, with the rows as a whole. */
import { resolveWeights } from '../../core/class-weights.js';
import type { RunConfig } from '../../core/config/schema.js';
import { ProspectError } from '../../core/errors.js';
import type { DatasetReport, FeedbackRows } from './dataset.js';
import { describeProblems, totalCount } from './problems.js';

type Problems = DatasetReport['problems'];

/** @throws ProspectError DATA_INVALID that lists the rows */
export function requireFewBadRows(problems: Problems, limit: number): void {
  if (totalCount(problems) <= limit) return;
  const headline = `more than ${limit} rows cannot be used (data.badRows: ${limit}); correct them, or raise data.badRows`;
  throw new ProspectError('DATA_INVALID', [headline, ...describeProblems(problems)].join('\n  '));
}

/** @throws ProspectError DATA_INVALID when there is nothing to learn from */
export function requireRows(train: FeedbackRows, config: RunConfig, report: DatasetReport): void {
  const files = [config.data.train].flat().join(', ');
  if (train.size === 0) {
    const dropped =
      report.droppedRows > 0 ? [`${report.droppedRows} rows: the prompt alone fills data.maxLength; raise it`] : [];
    const headline = `${files}: no usable rows to train on; each line is {"prompt", "completion", "label"} or {"chosen", "rejected"}`;
    throw new ProspectError('DATA_INVALID', [headline, ...describeProblems(report.problems), ...dropped].join('\n  '));
  }
  if (config.loss.type === 'sft' && train.desirableCount === 0) {
    throw new ProspectError('DATA_INVALID', `${files}: loss.type sft learns from desirable rows, and there are none`);
  }
}

/** One line each, for a person. */
export function datasetWarnings(
  train: FeedbackRows,
  heldOut: FeedbackRows,
  config: RunConfig,
  report: DatasetReport,
): string[] {
  return [
    ...classWarnings(train, config),
    ...lengthWarnings(report, config),
    ...(config.data.heldOut !== 0 && heldOut.size === 0
      ? ['there are no held-out rows: data.heldOut is too small a share, or its files have no usable rows']
      : []),
  ];
}

function classWarnings(train: FeedbackRows, { loss }: RunConfig): string[] {
  if (loss.type === 'sft') return [];
  if (train.desirableCount === 0 || train.undesirableCount === 0) {
    const only = train.desirableCount > 0 ? 'desirable' : 'undesirable';
    return [`all ${train.size} rows are ${only}: the model learns one direction only; KTO is meant for both classes`];
  }
  const { warning } = resolveWeights(loss, train.desirableCount, train.undesirableCount);
  return warning === undefined ? [] : [warning];
}

function lengthWarnings({ droppedRows, truncatedRows, unstableRows }: DatasetReport, { data }: RunConfig): string[] {
  const warnings: string[] = [];
  if (droppedRows > 0)
    warnings.push(`${droppedRows} rows dropped: the prompt alone fills data.maxLength ${data.maxLength}`);
  if (truncatedRows > 0) warnings.push(`${truncatedRows} rows cut to data.maxLength ${data.maxLength}`);
  if (unstableRows > 0) {
    warnings.push(
      `${unstableRows} rows: the prompt has other tokens once the completion follows; end prompts at a word or a line`,
    );
  }
  return warnings;
}
