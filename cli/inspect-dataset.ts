/** What a person wants to know of their feedback rows before training on them. */
import type { DatasetReport, FeedbackRows } from '../coordinator/dataset/dataset.js';
import { type DatasetOptions, openDataset } from '../coordinator/dataset/open-dataset.js';
import { describeProblems } from '../coordinator/dataset/problems.js';
import { type ClassWeights, recommendedWeights } from '../core/class-weights.js';
import type { RunConfig } from '../core/config/schema.js';
import { alignedLines } from './aligned-lines.js';

/** Of token counts. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface DatasetInspection extends DatasetReport {
  readonly rows: number;
  readonly heldOutRows: number;
  readonly desirable: number;
  readonly undesirable: number;
  readonly promptTokens: Percentiles;
  readonly completionTokens: Percentiles;
  /** Different prompts, the rows that share theirs with another row, and the most rows of one prompt. */
  readonly prompts: { readonly different: number; readonly sharingRows: number; readonly largestGroup: number };
  readonly recommendedWeights: ClassWeights;
}

/** Looks at all rows, however many cannot be used: the point is to see them. */
export async function inspectDataset(config: RunConfig, options: DatasetOptions): Promise<DatasetInspection> {
  const tolerant = { ...config, data: { ...config.data, badRows: Number.MAX_SAFE_INTEGER } };
  const { train, heldOut, report, close } = await openDataset(tolerant, options);
  await close();
  return {
    ...report,
    rows: train.size,
    heldOutRows: heldOut.size,
    desirable: train.desirableCount,
    undesirable: train.undesirableCount,
    promptTokens: percentilesOf(train.size, train.promptLength),
    completionTokens: percentilesOf(train.size, train.completionLength),
    prompts: promptGroups(train),
    recommendedWeights: recommendedWeights(train.desirableCount, train.undesirableCount),
  };
}

export function formatInspection(inspection: DatasetInspection): string {
  const { rows, prompts, recommendedWeights: weights } = inspection;
  const share = (count: number) => `${count} (${((100 * count) / rows).toFixed(1)} %)`;
  const lines = alignedLines({
    files: inspection.files.join(', '),
    'training rows': rows,
    'held-out rows': inspection.heldOutRows,
    desirable: share(inspection.desirable),
    undesirable: share(inspection.undesirable),
    'recommended weights': `desirable ${round(weights.desirableWeight)}, undesirable ${round(weights.undesirableWeight)}`,
    'prompt tokens': formatPercentiles(inspection.promptTokens),
    'completion tokens': formatPercentiles(inspection.completionTokens),
    'different prompts': prompts.different,
    'rows sharing a prompt': `${share(prompts.sharingRows)}, at most ${prompts.largestGroup} with one prompt`,
    'cut rows': inspection.truncatedRows,
    'dropped rows': inspection.droppedRows,
    'unusable rows': inspection.badRows,
  });
  return [...lines, ...describeProblems(inspection.problems), ...inspection.warnings.map(asWarning)].join('\n');
}

function asWarning(warning: string): string {
  return `warning: ${warning}`;
}

function formatPercentiles({ p50, p90, p99, max }: Percentiles): string {
  return `half up to ${p50}, 90 % up to ${p90}, 99 % up to ${p99}, longest ${max}`;
}

function percentilesOf(size: number, lengthOf: (row: number) => number): Percentiles {
  const lengths = Uint32Array.from({ length: size }, (_, row) => lengthOf(row)).sort();
  const at = (share: number) => lengths[Math.ceil(share * size) - 1]!;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

/** Sorted keys instead of a map of them: 8 bytes a row. */
function promptGroups(rows: FeedbackRows): DatasetInspection['prompts'] {
  const keys = BigUint64Array.from({ length: rows.size }, (_, row) => rows.promptKey(row)).sort();
  const groups = { different: 0, sharingRows: 0, largestGroup: 0 };
  for (let start = 0; start < keys.length; ) {
    let end = start + 1;
    while (end < keys.length && keys[end] === keys[start]) end++;
    groups.different++;
    if (end - start > 1) groups.sharingRows += end - start;
    groups.largestGroup = Math.max(groups.largestGroup, end - start);
    start = end;
  }
  return groups;
}

function round(weight: number): number {
  return Number(weight.toPrecision(4));
}
