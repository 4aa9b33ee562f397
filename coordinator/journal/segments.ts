/**
 * The journal's files, `<output>/journal/epoch-000001.jsonl` and so on: one for each coordinator that ever led, which
 * alone writes to it. So nothing that a replaced one still writes gets between another's records.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrnoError } from '../../core/errors.js';

/** In a run's output folder. */
export const JOURNAL_FOLDER = 'journal';

const NAME = /^epoch-(\d{6,})\.jsonl$/;
const DIGITS = 6;

export function segmentPath(folder: string, epoch: number): string {
  return join(folder, `epoch-${String(epoch).padStart(DIGITS, '0')}.jsonl`);
}

/** Rising; none where there is no folder. */
export async function epochsIn(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isErrnoError(error) && error.code === 'ENOENT') return [];
    throw error;
  });
  return names.flatMap((name) => Number(NAME.exec(name)?.[1] ?? [])).sort((a, b) => a - b);
}
