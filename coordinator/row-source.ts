/** What a run needs of feedback rows; the dataset has them. */
import type { ClassIndex } from '../core/order/batches.js';

export interface RowSource {
  readonly size: number;
  readonly desirableCount: number;
  /** Of everything the rows consist of, hex. */
  readonly digest: string;
  desirable(row: number): boolean;
  /** Equal for rows with equal prompts. */
  promptKey(row: number): bigint;
  tokens(row: number): { readonly prompt: Uint32Array; readonly completion: Uint32Array };
  /** Where a person finds the row. */
  origin(row: number): { readonly file: string; readonly line: number };
  classIndex(): ClassIndex;
  /** Rows of a step, where they were decided as rows came; left out where they follow from seed and order. */
  planned?(step: number): readonly number[];
  /** Rows as they were known when this step was planned; left out where they are always the same. */
  asOf?(step: number): RowSource;
}
