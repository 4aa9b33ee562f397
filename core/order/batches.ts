/**
 * Which rows a step works on: a pure function of (seed, epoch, step), so that nothing about the order needs to be
 * saved, sent or held in memory.
 */
import { permutation } from './permutation.js';

/** Streams keep the permutations of one epoch independent of each other. */
const DESIRABLE_STREAM = 1;
const UNDESIRABLE_STREAM = 2;
const WITHIN_BATCH_STREAM = 3;

/** The rows of each class, ascending. Together they are 0 … size−1. */
export interface ClassIndex {
  readonly size: number;
  readonly desirableRows: Uint32Array;
  readonly undesirableRows: Uint32Array;
}

export interface OrderSettings {
  readonly order: 'shuffled' | 'file';
  readonly seed: number;
  readonly globalBatch: number;
}

export function stepsPerEpoch(size: number, settings: Pick<OrderSettings, 'globalBatch'>): number {
  return Math.ceil(size / settings.globalBatch);
}

/**
 * The rows of one step, each row exactly once an epoch.
 * `file`: consecutive rows, the last batch smaller. `shuffled`: batches of nearly equal size, each with its share of
 * desirable rows within one row of the dataset's share.
 */
export function batchRows(index: ClassIndex, settings: OrderSettings, epoch: number, stepInEpoch: number): number[] {
  if (settings.order === 'shuffled') return shuffledRows(index, settings, epoch, stepInEpoch);
  const start = stepInEpoch * settings.globalBatch;
  const end = Math.min(index.size, start + settings.globalBatch);
  return Array.from({ length: end - start }, (_, i) => start + i);
}

function shuffledRows(index: ClassIndex, settings: OrderSettings, epoch: number, step: number): number[] {
  const steps = stepsPerEpoch(index.size, settings);
  const rows = [
    ...classRows(index.desirableRows, (batch) => desirableBefore(index, steps, batch), DESIRABLE_STREAM),
    ...classRows(index.undesirableRows, (batch) => undesirableBefore(index, steps, batch), UNDESIRABLE_STREAM),
  ];
  const mixed = permutation(rows.length, settings.seed, epoch, WITHIN_BATCH_STREAM, step);
  return rows.map((_, i) => rows[mixed(i)]!);

  function classRows(ofClass: Uint32Array, before: (batch: number) => number, stream: number): number[] {
    const shuffled = permutation(ofClass.length, settings.seed, epoch, stream);
    const start = before(step);
    return Array.from({ length: before(step + 1) - start }, (_, i) => ofClass[shuffled(start + i)]!);
  }
}

function rowsBefore(index: ClassIndex, steps: number, batch: number): number {
  return Math.floor((batch * index.size) / steps);
}

/** Proportional to the rows (not the batches) before, which keeps each batch's count of either class from going below 0. */
function desirableBefore(index: ClassIndex, steps: number, batch: number): number {
  return Math.floor((rowsBefore(index, steps, batch) * index.desirableRows.length) / index.size);
}

function undesirableBefore(index: ClassIndex, steps: number, batch: number): number {
  return rowsBefore(index, steps, batch) - desirableBefore(index, steps, batch);
}
