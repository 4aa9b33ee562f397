/** Where a run's coordinator is, for commands that name the run's folder: `<output>/coordinator.address`. */
import { readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isErrnoError, ProspectError } from '../../core/errors.js';
import { LOCK_FILE, lockHolder } from '../lease/folder-lock.js';
import { removeOwn } from '../output/remove-own.js';
import { storageError } from '../output/storage-error.js';
import { writeWholeFile } from '../output/whole-file.js';

/** In a run's output folder, while its coordinator runs. */
const ADDRESS_FILE = 'coordinator.address';

export interface PublishedAddress {
  /** @param address host:port as bound. */
  publish(address: string): Promise<void>;
  /** Removes it. */
  close(): Promise<void>;
}

/** Removes what a coordinator left that was killed: it must not be taken for this one's. */
export async function openAddress(output: string): Promise<PublishedAddress> {
  const path = join(output, ADDRESS_FILE);
  await rm(path, { force: true });
  let own = '';
  return {
    async publish(address) {
      own = `${address}\n`;
      await writeWholeFile(path, own);
    },
    // Another coordinator may have taken over.
    close: () => removeOwn(path, own),
  };
}

/**
 * The lock says whether what lies there is of a coordinator that is alive.
 * @returns host:port to connect to.
 * @throws UNREACHABLE when none works on this folder, or the one that did is gone; STORAGE.
 */
export async function findCoordinator(output: string): Promise<string> {
  const found = await lockHolder(join(output, LOCK_FILE));
  if (!found) {
    const remedy = 'Look at the folder’s name (it is output in the configuration), or start a coordinator.';
    throw new ProspectError('UNREACHABLE', `no coordinator works on ${output}. ${remedy}`);
  }
  const { holder, isAlive } = found;
  if (!isAlive) {
    throw new ProspectError(
      'UNREACHABLE',
      `the coordinator of ${output} (process ${holder.pid}, since ${holder.since}) is gone: it ended without a word. ` +
        'Start it again with the same configuration, and the run goes on.',
    );
  }
  return reachable(await readAddress(output), holder.host);
}

async function readAddress(output: string): Promise<string> {
  const path = join(output, ADDRESS_FILE);
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    if (!isErrnoError(cause) || cause.code !== 'ENOENT') throw storageError(cause, path);
    const message = `the coordinator of ${output} is starting or ending, and takes no commands. Try again in a moment.`;
    throw new ProspectError('UNREACHABLE', message, { cause });
  }
}

/** One that listens on all addresses is reached by that of its machine. */
function reachable(address: string, host: string): string {
  const [, port] = /^(?:0\.0\.0\.0|\[::\]):(\d+)$/.exec(address) ?? [];
  if (port === undefined) return address;
  return `${host === hostname() ? 'localhost' : host}:${port}`;
}
