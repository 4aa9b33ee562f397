/** run.json: what a result was made from, so that it can be made again: configuration, engine, model, rows. */
import { join } from 'node:path';
import type { RunConfig } from '../../core/config/schema.js';
import type { EngineFingerprint } from '../../core/fingerprint.js';
import { VERSION } from '../../core/version.js';
import { writeWholeFile } from './whole-file.js';

export interface RunRecord {
  readonly runId: string;
  /** With every default and resolved class weights. */
  readonly config: RunConfig;
  /** What all workers computed with. */
  readonly engine: EngineFingerprint;
  /** SHA-256 of the base model's files and of the training rows, hex. */
  readonly modelDigest: string;
  readonly datasetDigest: string;
  /** SHA-256 of the trainable parameters before the first step, hex. */
  readonly initialParameterDigest: string;
  readonly totalSteps: number;
}

/** @throws STORAGE when it cannot be written. */
export function saveRunRecord(record: RunRecord): Promise<void> {
  const content = JSON.stringify({ prospect: VERSION, ...record }, null, 2);
  return writeWholeFile(join(record.config.output, 'run.json'), `${content}\n`);
}
