/** What stands in the way of a native engine, in words that tell a person what to do. */

import { ProspectError } from '../../../core/errors.js';
import { type CommandResult, lastWords } from './run-command.js';

/** `fault` is what this machine is not to blame for: the set-up itself went wrong. */
export type Obstacle = 'platform' | 'tools' | 'space' | 'folder' | 'network' | 'hash' | 'fault';

const FULL = /ENOSPC|No space left on device/i;
const WRONG_HASH = /DO NOT MATCH THE HASHES|EINTEGRITY/i;
const UNREACHABLE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|NewConnectionError|Max retries exceeded|Name or service not known|Temporary failure in name resolution|No matching distribution found|ETARGET|E40[34]/;

const REMEDIES: Readonly<Record<Obstacle, string>> = {
  platform: 'The wasm engine works there.',
  tools: 'The wasm engine works without.',
  space: 'The disk is full: free some space, or let $PROSPECT_CACHE name a folder on another disk.',
  folder: 'Let $PROSPECT_CACHE name a folder that can be written.',
  network:
    'The package registry cannot be reached or does not offer it: check the network, and the proxy and index settings of npm and pip. The wasm engine works without.',
  hash: 'What arrived is not what Prospect pins: try again, and if it stays so, look at who serves your packages.',
  fault: 'Please report it, with what follows. The wasm engine works without.',
};

/** ENGINE_UNAVAILABLE whose cause is the obstacle. */
export function setupError(obstacle: Obstacle, message: string): ProspectError {
  return new ProspectError('ENGINE_UNAVAILABLE', message, { cause: { obstacle } });
}

/** The obstacle that a set-up met; undefined for an error of another kind. */
export function obstacleOf(error: unknown): Obstacle | undefined {
  return error instanceof ProspectError ? (error.cause as { obstacle?: Obstacle } | undefined)?.obstacle : undefined;
}

/** The error for a program that failed: `doing` says which step it was, as in "Fetching X with pip". */
export function commandFailure(doing: string, result: CommandResult): ProspectError {
  const obstacle = obstacleIn(`${result.stdout}\n${result.stderr}`, result.ending);
  return setupError(obstacle, `${doing} failed. ${REMEDIES[obstacle]}\n  ${lastWords(result)}`);
}

/** What a program's output, and how it ended, tell. */
export function obstacleIn(output: string, ending: string): Obstacle {
  if (FULL.test(output)) return 'space';
  if (WRONG_HASH.test(output)) return 'hash';
  if (UNREACHABLE.test(output) || ending.startsWith('no end')) return 'network';
  return 'fault';
}

/** The error for a cache folder that Node could not write to. */
export function folderFailure(folder: string, error: NodeJS.ErrnoException): ProspectError {
  const obstacle = error.code === 'ENOSPC' ? 'space' : 'folder';
  return setupError(obstacle, `Cannot write to ${folder} (${error.message}). ${REMEDIES[obstacle]}`);
}
