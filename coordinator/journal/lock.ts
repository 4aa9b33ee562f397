/**
 * Two coordinators must not write to one output folder: `<output>/coordinator.lock` says which process has it. The file
 * appears with its content (by a link), so that nobody ever reads half of it.
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { z } from 'zod';
import { isErrnoError, ProspectError } from '../../core/errors.js';
import { storageError } from '../output/storage-error.js';
import type { RunLog } from '../run-log.js';
import { processStart } from './process-start.js';

/** In a run's output folder. */
export const LOCK_FILE = 'coordinator.lock';

const HolderSchema = z.object({
  pid: z.int().positive(),
  host: z.string(),
  /** Tells processes with the same pid apart; '' where the system doesn't say. */
  processStart: z.string(),
  /** ISO 8601. */
  since: z.string(),
  nonce: z.string(),
});

export type LockHolder = z.output<typeof HolderSchema>;

export interface FolderLock {
  /** Does nothing the second time. */
  release(): Promise<void>;
}

export interface LockOptions {
  readonly path: string;
  readonly log: Pick<RunLog, 'warn'>;
  readonly nowMs: number;
}

/**
 * Takes over the lock of a process that is gone.
 * @throws ADDRESS_IN_USE while another coordinator holds it; STORAGE.
 */
export async function lockFolder({ path, log, nowMs }: LockOptions): Promise<FolderLock> {
  const own: LockHolder = {
    pid: process.pid,
    host: hostname(),
    processStart: (await processStart(process.pid)) ?? '',
    since: new Date(nowMs).toISOString(),
    nonce: randomBytes(8).toString('hex'),
  };
  try {
    await mkdir(dirname(path), { recursive: true });
    const dead = await acquire(path, own);
    if (dead) log.warn({ dead }, `${path}: taken over from process ${dead.pid}, which ended without giving it back`);
  } catch (cause) {
    throw storageError(cause, path);
  }
  return { release: () => release(path, own.nonce) };
}

/**
 * Who has a folder, without touching it.
 * @returns undefined when nobody has.
 * @throws STORAGE for a file that is no lock.
 */
export async function lockHolder(path: string): Promise<{ holder: LockHolder; isAlive: boolean } | undefined> {
  const holder = await read(path);
  return holder && { holder, isAlive: await isAlive(holder, hostname()) };
}

/** @returns the dead process that it was taken over from. */
async function acquire(path: string, own: LockHolder): Promise<LockHolder | undefined> {
  while (!(await put(path, own))) {
    const holder = await read(path);
    if (holder === undefined) continue;
    if (await isAlive(holder, own.host)) throw held(path, holder);
    if (await replace(path, holder, own)) return holder;
  }
  return undefined;
}

/** @returns false when the lock is there already. */
async function put(path: string, own: LockHolder): Promise<boolean> {
  const temporary = await written(path, own);
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (isErrnoError(error) && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Several may find the same dead holder: a lock of its own, named for that holder, lets one at a time replace it. The
 * lock itself is there all the while.
 * @returns false when somebody else has replaced the dead holder.
 */
async function replace(path: string, dead: LockHolder, own: LockHolder): Promise<boolean> {
  const guard = `${path}.${dead.nonce}.takeover`;
  await acquire(guard, own);
  try {
    if ((await read(path))?.nonce !== dead.nonce) return false;
    await rename(await written(path, own), path);
    return true;
  } finally {
    await release(guard, own.nonce);
  }
}

async function written(path: string, own: LockHolder): Promise<string> {
  const temporary = `${path}.${own.nonce}`;
  await writeFile(temporary, `${JSON.stringify(own)}\n`);
  return temporary;
}

/** @returns undefined when there is none any more. */
async function read(path: string): Promise<LockHolder | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isErrnoError(error) && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return HolderSchema.parse(JSON.parse(text));
  } catch (cause) {
    const message = `${path} is not a lock of prospect. Remove it if no coordinator runs on this folder.`;
    throw new ProspectError('STORAGE', message, { cause });
  }
}

/** Another host's processes can't be seen from here, so they count as alive. */
async function isAlive(holder: LockHolder, ownHost: string): Promise<boolean> {
  if (holder.host !== ownHost) return true;
  const start = await processStart(holder.pid);
  if (start === undefined) return false;
  return start === holder.processStart;
}

async function release(path: string, nonce: string): Promise<void> {
  const holder = await read(path).catch(() => undefined);
  if (holder?.nonce === nonce) await rm(path, { force: true });
}

function held(path: string, { pid, host, since }: LockHolder): ProspectError {
  return new ProspectError(
    'ADDRESS_IN_USE',
    `output: a coordinator works on ${dirname(path)} already (process ${pid} on ${host}, since ${since}). ` +
      `Choose another output, or end that one; if that machine is gone, remove ${path}.`,
  );
}
