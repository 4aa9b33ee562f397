/** What is trained: a model folder in the project's cache, and rows with their lengths. */
import { join } from 'node:path';
import { cacheFolder } from '../../core/cache-folder.js';
import type { LlamaSizes } from '../../examples/quickstart/initial-weights.js';
import { stepFlop } from './flops.js';
import { makeModel } from './make-model.js';
import { type FeedbackText, makeRows } from './make-rows.js';
import type { Method } from './measurement.js';
import { MAX_LENGTH, type RowLength, rowLengths } from './row-lengths.js';
import { GLOBAL_BATCH, LORA } from './settings.js';

export interface Workload {
  readonly name: string;
  readonly sizes: LlamaSizes;
  readonly model: string;
  readonly rows: readonly FeedbackText[];
  readonly lengths: readonly RowLength[];
  readonly globalBatch: number;
}

/** @param name of the model's folder; a shape that changes needs another one. */
export async function makeWorkload(
  name: string,
  sizes: LlamaSizes,
  rows: readonly FeedbackText[],
  globalBatch = GLOBAL_BATCH,
): Promise<Workload> {
  const model = join(cacheFolder(), 'bench', name);
  await makeModel(model, sizes);
  return { name, sizes, model, rows, lengths: await rowLengths(model, rows), globalBatch };
}

/** The benchmark's rows, for so many steps. */
export function realisticRows(steps: number): FeedbackText[] {
  return makeRows(steps * GLOBAL_BATCH);
}

/** Prompt and completion tokens of each step's rows. */
export function tokensOfSteps({ lengths, globalBatch }: Workload): number[] {
  return batches(lengths, globalBatch).map((rows) =>
    rows.reduce((total, { prompt, completion }) => total + prompt + completion, 0),
  );
}

/** FLOP that each step needs. */
export function flopOfSteps({ lengths, globalBatch, sizes }: Workload, method: Method, referenceIsKnown: boolean) {
  const loraRank = method === 'lora' ? LORA.rank : undefined;
  return batches(lengths, globalBatch).map((matched) =>
    stepFlop({ sizes, matched, mismatched: rotated(matched), loraRank, referenceIsKnown }),
  );
}

/** Each row's prompt with the completion of the row before it, as all trainers here pair them. */
function rotated(rows: readonly RowLength[]): RowLength[] {
  return rows.map(({ prompt }, i) => {
    const { completion } = rows[(i + rows.length - 1) % rows.length]!;
    return { prompt, completion: Math.min(completion, MAX_LENGTH - prompt) };
  });
}

function batches<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
}
