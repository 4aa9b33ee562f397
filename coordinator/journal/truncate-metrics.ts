/** metrics.jsonl of a run that goes on from an earlier step: what lies after it would be told twice. */
import { existsSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { readLines } from '../dataset/jsonl.js';
import { storageError } from '../output/storage-error.js';
import { diskFiles } from '../snapshots/file-operations.js';

export interface CutMetrics {
  /** Lines that stayed, and lines that went. */
  readonly kept: number;
  readonly cut: number;
}

const StepSchema = z.looseObject({ step: z.number() });
/** Lines are gathered up to about this many characters before they are written. */
const BATCH_LENGTH = 2 ** 20;

/**
 * Keeps the lines of steps and evaluations up to `step` as they are; what is no whole line goes. The file is replaced
 * at once: a crash leaves the one from before or the one from after. Does nothing where there is no file.
 * @throws STORAGE
 */
export async function truncateMetrics(path: string, step: number): Promise<CutMetrics> {
  if (!existsSync(path)) return { kept: 0, cut: 0 };
  const temporary = `${path}.new`;
  try {
    const file = await open(temporary, 'w');
    let counts: CutMetrics;
    try {
      counts = await copyLines(path, file, step);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await diskFiles.syncFolder(dirname(path));
    return counts;
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw storageError(cause, path);
  }
}

async function copyLines(path: string, file: FileHandle, step: number): Promise<CutMetrics> {
  let kept = 0;
  let cut = 0;
  let batch = '';
  for await (const { text } of readLines(path)) {
    if (!isUpTo(text, step)) {
      cut++;
      continue;
    }
    kept++;
    batch += `${text}\n`;
    if (batch.length < BATCH_LENGTH) continue;
    await file.writeFile(batch);
    batch = '';
  }
  await file.writeFile(batch);
  return { kept, cut };
}

function isUpTo(line: string, step: number): boolean {
  try {
    return StepSchema.parse(JSON.parse(line)).step <= step;
  } catch {
    return false;
  }
}
