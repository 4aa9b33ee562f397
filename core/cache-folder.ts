/** Where everything that Prospect can make again lies: native engines, token ids. Deleting the folder undoes it all. */

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** $PROSPECT_CACHE, else $XDG_CACHE_HOME/prospect, else ~/.cache/prospect; absolute. Empty variables count as unset. */
export function cacheFolder(environment: Environment = process.env, home: string = homedir()): string {
  if (environment.PROSPECT_CACHE) return resolve(environment.PROSPECT_CACHE);
  if (environment.XDG_CACHE_HOME) return resolve(environment.XDG_CACHE_HOME, 'prospect');
  return join(home, '.cache', 'prospect');
}
