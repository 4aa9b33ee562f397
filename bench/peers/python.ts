/** The Python that the other trainer runs in: the one that `npm run bench:peers` made, or one that is named. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../core/cache-folder.js';

/** Scripts and requirements lie beside the sources; this file runs from dist/. */
export const PEERS_FOLDER = fileURLToPath(new URL('../../../bench/peers', import.meta.url));
export const REQUIREMENTS = join(PEERS_FOLDER, 'requirements.txt');

const DIGEST_LETTERS = 8;

/** The folder of the virtual environment; other requirements get another one. */
export function environmentFolder(): string {
  const digest = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex');
  return join(cacheFolder(), 'peers', digest.slice(0, DIGEST_LETTERS));
}

export function pythonOf(environment: string): string {
  return join(environment, 'bin', 'python');
}

/** PROSPECT_PYTHON, else what set-up made; undefined when there is neither. */
export function peerPython(): string | undefined {
  if (process.env.PROSPECT_PYTHON) return process.env.PROSPECT_PYTHON;
  const made = pythonOf(environmentFolder());
  return existsSync(made) ? made : undefined;
}
