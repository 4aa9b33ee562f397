/** What a step consists of: a pure function of the rows, the settings and the step's position, never of the workers. */
import type { RunConfig } from '../core/config/schema.js';
import { needsMismatchedPairs } from '../core/kto.js';
import { batchRows, type ClassIndex } from '../core/order/batches.js';
import { pairRows } from '../core/order/pairing.js';
import { assembleSequence } from '../core/sequence.js';
import { type Batch, cutBatch, EMPTY_BATCH, type PlannedSequence } from './batch.js';
import type { StepPosition } from './calendar.js';
import type { PairingCounts } from './metrics/step-record.js';
import type { RowSource } from './row-source.js';

export interface PlannedStep {
  /** The global batch. */
  readonly matched: Batch;
  /** Each row's prompt with another row's completion, in the same order; empty for losses without reference point. */
  readonly mismatched: Batch;
  readonly pairing: PairingCounts;
}

export function planStep(rows: RowSource, config: RunConfig, at: StepPosition): PlannedStep {
  return planRows(rows, rowsOfStep(rows.classIndex(), config, at), config, at.epoch, at.stepInEpoch);
}

/** Rows as a step or a part of an evaluation; epoch and step decide how they are paired. */
export function planRows(
  rows: RowSource,
  batch: readonly number[],
  config: RunConfig,
  epoch: number,
  step: number,
): PlannedStep {
  const cut = (sequences: PlannedSequence[]) =>
    cutBatch(sequences, { tokens: config.training.microbatchTokens, rows: config.training.microbatchRows });
  const sequence = (row: number, partner: number): PlannedSequence => ({
    row,
    desirable: rows.desirable(row),
    ...assembleSequence(rows.tokens(row).prompt, rows.tokens(partner).completion, config.data),
  });
  const matched = cut(batch.map((row) => sequence(row, row)));
  if (!needsMismatchedPairs(config.loss.type)) {
    return { matched, mismatched: EMPTY_BATCH, pairing: { ownCompletion: 0, samePrompt: 0 } };
  }
  const settings = { pairing: config.data.pairing, seed: config.training.seed };
  const { partners, ...pairing } = pairRows(batch, (row) => rows.promptKey(row), settings, epoch, step);
  return { matched, mismatched: cut(batch.map((row, i) => sequence(row, partners[i]!))), pairing };
}

/** Rows that the loss trains on: sft has nothing to learn from undesirable ones. */
export function trainingRowCount(rows: RowSource, config: RunConfig): number {
  return config.loss.type === 'sft' ? rows.desirableCount : rows.size;
}

function rowsOfStep(classes: ClassIndex, config: RunConfig, { epoch, stepInEpoch }: StepPosition): number[] {
  const { order } = config.data;
  const { seed, globalBatch } = config.training;
  const settings = { order, seed, globalBatch };
  if (config.loss.type !== 'sft') return batchRows(classes, settings, epoch, stepInEpoch);
  const { desirableRows } = classes;
  const desirable = { size: desirableRows.length, desirableRows, undesirableRows: new Uint32Array(0) };
  const rows = batchRows(desirable, settings, epoch, stepInEpoch);
  // File order gives positions among the rows, here among the desirable ones.
  return order === 'file' ? rows.map((position) => desirableRows[position]!) : rows;
}

/** Rows over desirable rows: makes the sft part of the loss a mean over desirable rows. 0 when there are none. */
export function sftScaleOf({ sequences }: Batch): number {
  const desirable = sequences.filter((sequence) => sequence.desirable).length;
  return desirable === 0 ? 0 : sequences.length / desirable;
}
