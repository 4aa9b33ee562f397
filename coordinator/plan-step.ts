/** What a step consists of: a pure function of the rows, the settings and the step's position, never of the workers. */
import type { RunConfig } from '../core/config/schema.js';
import { needsMismatchedPairs } from '../core/kto.js';
import { batchRows, type ClassIndex } from '../core/order/batches.js';
import { pairRows } from '../core/order/pairing.js';
import { assembleSequence } from '../core/sequence.js';
import { type Batch, cutBatch, cutBeside, EMPTY_BATCH, type PlannedSequence } from './batch.js';
import type { StepPosition } from './calendar.js';
import type { PairingCounts } from './metrics/step-record.js';
import type { RowSource } from './row-source.js';

export interface PlannedStep {
  /** The global batch. */
  readonly matched: Batch;
  /** Each row's prompt with another row's completion, in the same order; empty for losses without reference point. */
  readonly mismatched: Batch;
  /** Of each mismatched pair: its position when no row is set aside. */
  readonly pairPositions: readonly number[];
  readonly pairing: PairingCounts;
}

/** Where rows are paired, and which of them are left out. */
interface Place {
  readonly epoch: number;
  /** Step of the epoch, or part of the evaluation. */
  readonly step: number;
  readonly setAside: ReadonlySet<number>;
}

const NOTHING_SET_ASIDE: ReadonlySet<number> = new Set();

/** @param setAside rows that are left out; which rows are paired with which does not depend on it. */
export function planStep(
  rows: RowSource,
  config: RunConfig,
  at: StepPosition,
  setAside: ReadonlySet<number> = NOTHING_SET_ASIDE,
): PlannedStep {
  const place = { epoch: at.epoch, step: at.stepInEpoch, setAside };
  return planRows(rows, rowsOfStep(rows.classIndex(), config, at), config, place);
}

/** A part of an evaluation. */
export function planEvaluation(
  rows: RowSource,
  batch: readonly number[],
  config: RunConfig,
  part: number,
): PlannedStep {
  return planRows(rows, batch, config, { epoch: 0, step: part, setAside: NOTHING_SET_ASIDE });
}

function planRows(rows: RowSource, batch: readonly number[], config: RunConfig, place: Place): PlannedStep {
  const { epoch, step, setAside } = place;
  const sequence = (row: number, partner: number): PlannedSequence => ({
    row,
    desirable: rows.desirable(row),
    ...assembleSequence(rows.tokens(row).prompt, rows.tokens(partner).completion, config.data),
  });
  const isIn = (row: number) => !setAside.has(row);
  const limits = { tokens: config.training.microbatchTokens, rows: config.training.microbatchRows };
  const kept = batch.flatMap((row, i) => (isIn(row) ? [i] : []));
  const matched = cutBatch(
    kept.map((i) => sequence(batch[i]!, batch[i]!)),
    limits,
  );
  if (!needsMismatchedPairs(config.loss.type)) {
    return { matched, mismatched: EMPTY_BATCH, pairPositions: [], pairing: { ownCompletion: 0, samePrompt: 0 } };
  }
  const settings = { pairing: config.data.pairing, seed: config.training.seed };
  const { partners, ...pairing } = pairRows(batch, (row) => rows.promptKey(row), settings, epoch, step);
  const pairPositions = kept.filter((i) => isIn(partners[i]!));
  const pairs = pairPositions.map((i) => sequence(batch[i]!, partners[i]!));
  const rowOf = pairPositions.map((i) => kept.indexOf(i));
  return { matched, mismatched: cutBeside(pairs, rowOf, matched), pairPositions, pairing };
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
