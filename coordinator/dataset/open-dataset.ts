/** Opens the feedback rows of a run: reads and tokenizes them once, then serves them from the cache folder. */
import type { RunConfig } from '../../core/config/schema.js';
import { ProspectError } from '../../core/errors.js';
import { type CachedStore, openCachedStore } from './cached-store.js';
import { datasetWarnings, requireFewBadRows, requireRows } from './checks.js';
import type { Dataset, DatasetReport, FeedbackRows } from './dataset.js';
import { createFeedbackRows } from './feedback-rows.js';
import { describeProblems, totalCount, withFileNames } from './problems.js';
import { splitRows } from './split.js';
import type { StoreSummary } from './store-format.js';
import { loadTokenizer } from './tokenizer.js';

export interface DatasetOptions {
  /** Token ids are kept here between runs; may be deleted at any time. */
  readonly cacheDir: string;
  readonly log?: (line: string) => void;
  /** Called with the rows tokenized so far, while they are. */
  readonly onProgress?: (rows: number) => void;
}

/** @throws ProspectError DATA_INVALID (unreadable, empty, too many bad rows), MODEL_INVALID (tokenizer), STORAGE */
export async function openDataset(config: RunConfig, options: DatasetOptions): Promise<Dataset> {
  const stores: CachedStore[] = [];
  const close = async () => {
    for (const { store } of stores) store.close();
  };
  try {
    for (const files of filesOf(config)) stores.push(await openFiles(files, config, options));
    return { ...assemble(config, stores, options.log), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Held-out files of a run whose training rows are in none. @throws as openDataset */
export async function openHeldOutFiles(
  files: readonly string[],
  config: RunConfig,
  options: DatasetOptions,
): Promise<{ readonly rows: FeedbackRows; close(): void }> {
  const opened = await openFiles(files, config, options);
  const all = splitRows(opened.store.summary.rows, 0, config.training.seed).train;
  return { rows: createFeedbackRows(opened, all), close: opened.store.close };
}

/** The training files, and the held-out files if they are files of their own. */
function filesOf({ data }: RunConfig): string[][] {
  if (data.train === undefined) {
    const what = `data.source: the rows of ${data.source} come while a run goes on; there are none to be read before`;
    throw new ProspectError('CONFIG_INVALID', what);
  }
  const train = [data.train].flat();
  return typeof data.heldOut === 'number' ? [train] : [train, [data.heldOut].flat()];
}

async function openFiles(files: readonly string[], config: RunConfig, options: DatasetOptions): Promise<CachedStore> {
  const { badRows, maxLength, truncation } = config.data;
  const tokenizer = await loadTokenizer(config.model);
  const { onProgress, log = () => undefined } = options;
  return openCachedStore(
    options.cacheDir,
    { files, tokenizer, limits: { maxLength, truncation }, badRows, onProgress },
    log,
  );
}

function assemble(
  config: RunConfig,
  stores: readonly CachedStore[],
  log?: (line: string) => void,
): Omit<Dataset, 'close'> {
  const found = reportOf(stores);
  requireFewBadRows(found.problems, config.data.badRows);
  const { train, heldOut } = rowsOf(config, stores);
  requireRows(train, config, found);
  const report = { ...found, warnings: datasetWarnings(train, heldOut, config, found) };
  for (const line of [...describeProblems(report.problems), ...report.warnings]) log?.(line);
  return { train, heldOut, report };
}

function rowsOf(config: RunConfig, stores: readonly CachedStore[]): { train: FeedbackRows; heldOut: FeedbackRows } {
  const [training, evaluation] = stores;
  const share = typeof config.data.heldOut === 'number' ? config.data.heldOut : 0;
  const split = splitRows(training!.store.summary.rows, share, config.training.seed);
  const heldOut =
    evaluation === undefined
      ? createFeedbackRows(training!, split.heldOut)
      : createFeedbackRows(evaluation, splitRows(evaluation.store.summary.rows, 0, config.training.seed).train);
  return { train: createFeedbackRows(training!, split.train), heldOut };
}

function reportOf(stores: readonly CachedStore[]): DatasetReport {
  const problems = stores.flatMap(({ store, files }) => withFileNames(store.summary.problems, files));
  const total = (count: (summary: StoreSummary) => number) =>
    stores.reduce((sum, { store }) => sum + count(store.summary), 0);
  return {
    files: stores.flatMap(({ files }) => files),
    badRows: totalCount(problems),
    problems,
    droppedRows: total((summary) => summary.droppedRows),
    truncatedRows: total((summary) => summary.truncatedRows),
    unstableRows: total((summary) => summary.unstableRows),
    warnings: [],
    cached: stores.every(({ cached }) => cached),
  };
}
