/**
 * The control token: from the environment, or a file that the configuration names. Without either, a coordinator that only
 * this machine can reach makes one, in a file that only its user can read.
 */
import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrnoError, ProspectError } from '../../core/errors.js';
import { isLoopback } from '../../core/loopback.js';
import { removeOwn } from '../output/remove-own.js';
import { storageError } from '../output/storage-error.js';

/** In a run's output folder, while its coordinator runs. */
export const TOKEN_FILE = 'control.token';
/** 256 bits. */
const TOKEN_BYTES = 32;
/** What is shorter can be guessed. */
const FEWEST_LETTERS = 16;

export interface ControlToken {
  /** undefined: there is none, and nobody may give commands. */
  readonly token: string | undefined;
  /** Removes what was made. */
  close(): Promise<void>;
}

export interface TokenSources {
  /** PROSPECT_TOKEN. */
  readonly given: string | undefined;
  readonly tokenFile: string | undefined;
  readonly output: string;
  /** That the coordinator listens on. */
  readonly host: string;
}

/** @throws CONFIG_INVALID for a token that is not there or can be guessed; STORAGE. */
export async function openToken({ given, tokenFile, output, host }: TokenSources): Promise<ControlToken> {
  const keep = async () => undefined;
  if (given !== undefined && given !== '') return { token: checked(given, 'PROSPECT_TOKEN'), close: keep };
  if (tokenFile !== undefined) {
    return { token: checked(await readToken(tokenFile), `control.tokenFile: ${tokenFile}`), close: keep };
  }
  if (!isLoopback(host)) return { token: undefined, close: keep };
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const path = join(output, TOKEN_FILE);
  try {
    // The mode counts for new files alone: one that is there could be readable by others.
    await rm(path, { force: true });
    await writeFile(path, `${token}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw storageError(cause, path);
  }
  return { token, close: () => removeOwn(path, `${token}\n`) };
}

/** @throws CONFIG_INVALID when it cannot be read. */
export async function readToken(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    const reason = isErrnoError(cause) && cause.code === 'ENOENT' ? 'no such file' : (cause as Error).message;
    throw new ProspectError('CONFIG_INVALID', `${path}: cannot read the control token: ${reason}`, { cause });
  }
}

function checked(token: string, source: string): string {
  if (token.length >= FEWEST_LETTERS) return token;
  throw new ProspectError(
    'CONFIG_INVALID',
    `${source} holds a control token of ${token.length} letters; take ${FEWEST_LETTERS} or more (openssl rand -hex 32)`,
  );
}
