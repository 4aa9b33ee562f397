/** What a step consists of: a pure function of the rows, the settings and the step's position, never of the workers. */
import type { RunConfig } from '../core/config/schema.js';
import { needsMismatchedPairs } from '../core/kto.js';
import type { MicrobatchLimits } from '../core/microbatches.js';
import { batchRows, type ClassIndex } from '../core/order/batches.js';
import { type Pairing, pairingOf, pairRows } from '../core/order/pairing.js';
import { assembleSequence } from '../core/sequence.js';
import { type Batch, cutBatch, cutBeside, EMPTY_BATCH, type PlannedSequence } from './batch.js';
import type { StepPosition } from './calendar.js';
import { fixedPartnersOf } from './fixed-pairs.js';
import type { PairingCounts } from './metrics/step-record.js';
import { pairPlace } from './reference-cache/table.js';
import type { RowSource } from './row-source.js';

export interface PlannedStep {
  /** The global batch. */
  readonly matched: Batch;
  /** Each row's prompt with another row's completion, in the same order; empty for losses without reference point. */
  readonly mismatched: Batch;
  /** Of each mismatched pair: where its reference log-prob is kept, whoever is set aside. */
  readonly pairPlaces: readonly number[];
  readonly pairing: PairingCounts;
}

const NOTHING_SET_ASIDE: ReadonlySet<number> = new Set();

/** @param setAside rows that are left out; which rows are paired with which does not depend on it. */
export function planStep(
  rows: RowSource,
  config: RunConfig,
  at: StepPosition,
  setAside: ReadonlySet<number> = NOTHING_SET_ASIDE,
): PlannedStep {
  const batch = rows.planned?.(at.step) ?? rowsOfStep(rows.classIndex(), config, at);
  const kept = batch.flatMap((row, i) => (setAside.has(row) ? [] : [i]));
  const sequenceOf = sequencesOf(rows, config);
  const matched = cutBatch(
    kept.map((i) => sequenceOf(batch[i]!, batch[i]!)),
    limitsOf(config),
  );
  if (!needsMismatchedPairs(config.loss.type)) return { matched, ...NO_PAIRS };
  const { partners, ...pairing } = pairingOfStep(rows, config, batch, at);
  const paired = kept.filter((i) => !setAside.has(partners[i]!));
  const pairs = paired.map((i) => sequenceOf(batch[i]!, partners[i]!));
  const rowOf = paired.map((i) => kept.indexOf(i));
  const pairPlaces = paired.map((i) => pairPlace(config, at.step, i, batch[i]!));
  return { matched, mismatched: cutBeside(pairs, rowOf, matched), pairPlaces, pairing };
}

/** A part of an evaluation. Pairs stand alone: no gradient needs their rows' forward pass beside them. */
export function planEvaluation(
  rows: RowSource,
  batch: readonly number[],
  config: RunConfig,
  part: number,
): PlannedStep {
  const sequenceOf = sequencesOf(rows, config);
  const cut = (partners: readonly number[]) =>
    cutBatch(
      batch.map((row, i) => sequenceOf(row, partners[i]!)),
      limitsOf(config),
    );
  if (!needsMismatchedPairs(config.loss.type)) return { matched: cut(batch), ...NO_PAIRS };
  const { partners, ...pairing } = drawPairs(rows, config, batch, 0, part);
  return { matched: cut(batch), mismatched: cut(partners), pairPlaces: batch, pairing };
}

const NO_PAIRS = { mismatched: EMPTY_BATCH, pairPlaces: [], pairing: { ownCompletion: 0, samePrompt: 0 } };

/** A row's tokens are read once, though its prompt is needed twice, and its completion beside another prompt too. */
function sequencesOf(rows: RowSource, config: RunConfig): (row: number, partner: number) => PlannedSequence {
  const known = new Map<number, ReturnType<RowSource['tokens']>>();
  const tokensOf = (row: number) => {
    const tokens = known.get(row) ?? rows.tokens(row);
    known.set(row, tokens);
    return tokens;
  };
  return (row, partner) => ({
    row,
    desirable: rows.desirable(row),
    ...assembleSequence(tokensOf(row).prompt, tokensOf(partner).completion, config.data),
  });
}

function limitsOf({ training }: RunConfig): MicrobatchLimits {
  return { tokens: training.microbatchTokens, rows: training.microbatchRows };
}

function pairingOfStep(rows: RowSource, config: RunConfig, batch: readonly number[], at: StepPosition): Pairing {
  if (config.data.pairs === 'perEpoch') return drawPairs(rows, config, batch, at.epoch, at.stepInEpoch);
  const partners = fixedPartnersOf(rows, config.training.seed);
  return pairingOf(
    batch,
    batch.map((row) => partners[row]!),
    (row) => rows.promptKey(row),
  );
}

/** @param step of the epoch, or part of the evaluation */
function drawPairs(rows: RowSource, config: RunConfig, batch: readonly number[], epoch: number, step: number): Pairing {
  const settings = { pairing: config.data.pairing, seed: config.training.seed };
  return pairRows(batch, (row) => rows.promptKey(row), settings, epoch, step);
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
