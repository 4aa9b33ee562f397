/** Reads feedback files line by line, tokenizes the rows and writes them to a token store. */
import type { SequenceLimits } from '../../core/sequence.js';
import { encodeRow } from './encode-row.js';
import { readFeedback } from './feedback-row.js';
import { readLines } from './jsonl.js';
import { type CountedProblem, countProblem, totalCount } from './problems.js';
import type { StoreSummary } from './store-format.js';
import { createStoreWriter, type StoreWriter } from './store-writer.js';
import type { ModelTokenizer } from './tokenizer.js';

/** Rows between two reports of progress. */
const PROGRESS_ROWS = 1000;

export interface BuildOptions {
  readonly files: readonly string[];
  readonly tokenizer: ModelTokenizer;
  readonly limits: SequenceLimits;
  /** More bad rows than this end the reading; no store is made then. */
  readonly badRows: number;
  readonly onProgress?: ((rows: number) => void) | undefined;
}

interface Progress {
  rows: number;
  droppedRows: number;
  truncatedRows: number;
  unstableRows: number;
  readonly problems: CountedProblem[];
}

/** @returns the summary; with more than badRows problems in it the store was not made */
export async function buildStore(folder: string, options: BuildOptions): Promise<StoreSummary> {
  const progress: Progress = { rows: 0, droppedRows: 0, truncatedRows: 0, unstableRows: 0, problems: [] };
  const writer = await createStoreWriter(folder);
  try {
    for (let file = 0; file < options.files.length; file++) await appendFile(file, options, writer, progress);
    if (totalCount(progress.problems) <= options.badRows) await writer.finish(progress);
    return progress;
  } finally {
    await writer.abandon();
  }
}

async function appendFile(file: number, options: BuildOptions, writer: StoreWriter, progress: Progress): Promise<void> {
  for await (const { text, line } of readLines(options.files[file]!)) {
    const feedback = readFeedback(text);
    if ('problem' in feedback) countProblem(progress.problems, feedback.problem, file, line);
    else {
      for (const row of feedback.rows) {
        const encoded = encodeRow(row, options.tokenizer, options.limits);
        if ('problem' in encoded) countProblem(progress.problems, encoded.problem, file, line);
        else if ('dropped' in encoded) progress.droppedRows++;
        else {
          await writer.append(encoded.row, file, line);
          progress.rows++;
          progress.truncatedRows += Number(encoded.row.truncated);
          progress.unstableRows += Number(encoded.row.unstable);
          if (progress.rows % PROGRESS_ROWS === 0) options.onProgress?.(progress.rows);
        }
      }
    }
    if (totalCount(progress.problems) > options.badRows) return;
  }
}
