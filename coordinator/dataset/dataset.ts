/** What the rest of the coordinator sees of the feedback rows: counts and lengths in memory, token ids on disk. */
import type { ClassIndex } from '../../core/order/batches.js';

export interface RowTokens {
  /** At most maxLength tokens each; see core/sequence.ts for how they are joined. */
  readonly prompt: Uint32Array;
  readonly completion: Uint32Array;
}

/** Rows are numbered 0 … size−1 in file order. */
export interface FeedbackRows {
  readonly size: number;
  readonly desirableCount: number;
  readonly undesirableCount: number;
  /** SHA-256 (hex) of everything that the rows' token ids and their numbering depend on. */
  readonly digest: string;
  desirable(row: number): boolean;
  promptLength(row: number): number;
  completionLength(row: number): number;
  /** Equal for rows with the same prompt. */
  promptKey(row: number): bigint;
  /** Read from disk. @throws ProspectError STORAGE */
  tokens(row: number): RowTokens;
  origin(row: number): { file: string; line: number };
  classIndex(): ClassIndex;
}

/** A reason for which rows were left out, with where the first of them are. */
export interface Problem {
  readonly reason: string;
  readonly count: number;
  readonly examples: readonly { readonly file: string; readonly line: number; readonly detail: string }[];
}

export interface DatasetReport {
  readonly files: readonly string[];
  /** Rows that could not be used; they count against data.badRows. */
  readonly badRows: number;
  readonly problems: readonly Problem[];
  /** Rows whose prompt alone fills data.maxLength. */
  readonly droppedRows: number;
  /** Rows that were cut to data.maxLength. */
  readonly truncatedRows: number;
  /** Rows whose prompt has other tokens once the completion follows it. */
  readonly unstableRows: number;
  readonly warnings: readonly string[];
  /** True when all token ids were found in the cache. */
  readonly cached: boolean;
}

export interface Dataset {
  readonly train: FeedbackRows;
  readonly heldOut: FeedbackRows;
  readonly report: DatasetReport;
  /** Closes the files; rows cannot be read after it. */
  close(): Promise<void>;
}
