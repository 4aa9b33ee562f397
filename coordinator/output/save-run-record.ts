/**
 * run.json: what a result was made from, so that it can be made again: configuration, engine, model, rows. A coordinator
 * that starts again also learns from it what its workers must equal.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunConfig } from '../../core/config/schema.js';
import { isErrnoError } from '../../core/errors.js';
import type { EngineFingerprint } from '../../core/fingerprint.js';
import type { Parameter } from '../../core/parameters.js';
import { VERSION } from '../../core/version.js';
import { storageError } from './storage-error.js';
import { writeWholeFile } from './whole-file.js';

export interface RunRecord {
  readonly runId: string;
  /** With every default and resolved class weights. */
  readonly config: RunConfig;
  /** The worker that all others were compared with. */
  readonly firstWorker: string;
  /** What all workers computed with. */
  readonly engine: EngineFingerprint;
  /** SHA-256 of the base model's files and of the training rows, hex. */
  readonly modelDigest: string;
  readonly datasetDigest: string;
  /** SHA-256 of the trainable parameters before the first step, hex. */
  readonly initialParameterDigest: string;
  /** Trainable parameters in the order of the flat arrays. */
  readonly parameters: readonly Parameter[];
  /** null: until it is stopped. */
  readonly totalSteps: number | null;
}

const RECORD_FILE = 'run.json';

/** @throws STORAGE when it cannot be written. */
export function saveRunRecord(record: RunRecord): Promise<void> {
  const content = JSON.stringify({ prospect: VERSION, ...record }, null, 2);
  return writeWholeFile(join(record.config.output, RECORD_FILE), `${content}\n`);
}

/**
 * @returns undefined when no worker of this run was ever ready.
 * @throws STORAGE when it cannot be read.
 */
export async function readRunRecord(output: string, runId: string): Promise<RunRecord | undefined> {
  const path = join(output, RECORD_FILE);
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as RunRecord;
    return record.runId === runId ? record : undefined;
  } catch (cause) {
    if (isErrnoError(cause) && cause.code === 'ENOENT') return undefined;
    throw storageError(cause, path);
  }
}
