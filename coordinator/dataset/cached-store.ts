/** Opens the token store of some files from the cache folder, or makes it. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ProspectError } from '../../core/errors.js';
import { type BuildOptions, buildStore } from './build-store.js';
import { requireFewBadRows } from './checks.js';
import { guardStorage } from './guard-storage.js';
import { unreadable } from './jsonl.js';
import { withFileNames } from './problems.js';
import { STORE_VERSION } from './store-format.js';
import { openStore, type TokenStore } from './token-store.js';

export interface CachedStore {
  readonly files: readonly string[];
  /** SHA-256 (hex) of everything the token ids depend on. */
  readonly key: string;
  readonly store: TokenStore;
  /** The token ids were there already. */
  readonly cached: boolean;
}

/** @throws ProspectError DATA_INVALID (unreadable, too many bad rows), STORAGE */
export async function openCachedStore(
  cacheDir: string,
  options: BuildOptions,
  log: (line: string) => void,
): Promise<CachedStore> {
  const key = await keyOf(options);
  const folder = join(cacheDir, 'datasets', key);
  const found = await openStore(folder);
  if (found !== 'missing' && 'store' in found) return accepted({ key, store: found.store, cached: true }, options);
  if (found !== 'missing') {
    log(`${folder}: the cached token ids are damaged (${found.damaged}); they are made again`);
    await guardStorage(folder, () => rm(folder, { recursive: true, force: true }));
  }
  const { problems } = await buildStore(folder, options);
  requireFewBadRows(withFileNames(problems, options.files), options.badRows);
  const made = await openStore(folder);
  if (made !== 'missing' && 'store' in made) return accepted({ key, store: made.store, cached: false }, options);
  const reason = made === 'missing' ? 'it is gone' : made.damaged;
  throw new ProspectError('STORAGE', `${folder}: the token ids just written cannot be read: ${reason}; check the disk`);
}

/** A store may have been made under a higher limit of bad rows than this run has. */
function accepted(opened: Omit<CachedStore, 'files'>, { files, badRows }: BuildOptions): CachedStore {
  try {
    requireFewBadRows(withFileNames(opened.store.summary.problems, files), badRows);
    return { ...opened, files };
  } catch (error) {
    opened.store.close();
    throw error;
  }
}

async function keyOf({ files, tokenizer, limits }: BuildOptions): Promise<string> {
  const contents: string[] = [];
  for (const file of files) contents.push(await digestOf(file));
  const parts = [STORE_VERSION, contents, tokenizer.digest, limits.maxLength, limits.truncation];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
  } catch (error) {
    throw unreadable(file, error);
  }
  return hash.digest('hex');
}
