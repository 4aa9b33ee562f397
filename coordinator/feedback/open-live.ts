/** The rows of a live run, as they lie in its folder when it begins or goes on. */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { RunConfig } from '../../core/config/schema.js';
import { openHeldOutFiles } from '../dataset/open-dataset.js';
import { loadTokenizer, type ModelTokenizer } from '../dataset/tokenizer.js';
import type { RunFolder } from '../open-run.js';
import type { RowSource } from '../row-source.js';
import { createIntake, type Intake } from './intake.js';
import { type LiveRows, openLiveRows, otherRows } from './live-rows.js';
import { rowLogPaths } from './row-log-paths.js';
import { type LiveNames, liveHeldOutRows, liveTrainRows } from './row-sources.js';

export interface OpenedLive {
  readonly rows: LiveRows;
  readonly intake: Intake;
  readonly train: RowSource;
  readonly heldOut: RowSource;
  close(): Promise<void>;
}

export interface LiveOptions {
  readonly config: RunConfig;
  readonly folder: RunFolder;
  /** For token ids of held-out files. */
  readonly cacheDir: string;
  readonly log: (line: string) => void;
}

/** @throws MODEL_INVALID (tokenizer), DATA_INVALID (held-out files), STORAGE */
export async function openLive({ config, folder, ...options }: LiveOptions): Promise<OpenedLive> {
  const { data, model, output } = config;
  if (folder.mode === 'overwrite') await rm(rowLogPaths(output).folder, { recursive: true, force: true });
  const tokenizer = await loadTokenizer(model);
  const files =
    typeof data.heldOut === 'number' ? undefined : await openHeldOutFiles([data.heldOut].flat(), config, options);
  const nothing = { plans: new Map(), commits: [], feedback: undefined };
  const rows = await openLiveRows(output, folder.mode === 'resume' ? folder.found : nothing, folder.fence);
  if (rows.lacksRows()) {
    if (data.source === 'http') throw otherRows(1);
    options.log('the row log in the output folder was lost; its rows are read again from the stream');
  }
  const names: LiveNames = { origin: data.stream ?? 'http', digest: digestOf(config, tokenizer) };
  return {
    rows,
    intake: createIntake(config, tokenizer),
    train: liveTrainRows(rows, names),
    heldOut: files?.rows ?? liveHeldOutRows(rows, names),
    async close() {
      files?.close();
      await rows.close();
    },
  };
}

/** Of what a message's token ids depend on: rows that are not there yet have no digest. */
function digestOf({ data }: RunConfig, tokenizer: ModelTokenizer): string {
  const parts = ['live', data.source, tokenizer.digest, data.maxLength, data.truncation];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
