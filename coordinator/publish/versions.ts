/** `<output>/published`: a folder for each version, and `current.json`, the manifest of the newest promoted one. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type AdapterManifest, AdapterManifestSchema, MANIFEST_FILE } from '../../core/adapters/manifest.js';
import { isErrnoError } from '../../core/errors.js';
import { storageError } from '../output/storage-error.js';
import { writeWholeFile } from '../output/whole-file.js';

const CURRENT_FILE = 'current.json';

export interface FoundVersions {
  /** Ascending. Folders without a readable manifest are none. */
  readonly manifests: readonly AdapterManifest[];
  /** Highest number that any folder has; 0 without. */
  readonly highest: number;
}

export function publishedFolder(output: string): string {
  return join(output, 'published');
}

export function versionFolder(folder: string, version: number): string {
  return join(folder, String(version));
}

/** @throws STORAGE when the folder is there and cannot be read. */
export async function readVersions(folder: string): Promise<FoundVersions> {
  const names = await readdir(folder).catch((cause: unknown) => {
    if (isErrnoError(cause) && cause.code === 'ENOENT') return [];
    throw storageError(cause, folder);
  });
  const numbers = names
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
  const manifests = await Promise.all(numbers.map((number) => readManifest(versionFolder(folder, number))));
  return { manifests: manifests.filter((manifest) => manifest !== undefined), highest: numbers.at(-1) ?? 0 };
}

async function readManifest(folder: string): Promise<AdapterManifest | undefined> {
  try {
    return AdapterManifestSchema.parse(JSON.parse(await readFile(join(folder, MANIFEST_FILE), 'utf8')));
  } catch {
    return undefined;
  }
}

/** @param run whose; all runs that published in the folder when left out. */
export function newestPromoted(versions: readonly AdapterManifest[], run?: string): AdapterManifest | undefined {
  return versions.findLast((version) => version.promoted && (run === undefined || version.run === run));
}

/** Versions that need not stay: all but the newest ones and the current one. */
export function outdated(versions: readonly number[], keep: number, current: number | undefined): number[] {
  const newest = new Set([...versions].sort((a, b) => b - a).slice(0, keep));
  return versions.filter((version) => !newest.has(version) && version !== current);
}

/** @throws STORAGE */
export function writeCurrent(folder: string, manifest: AdapterManifest): Promise<void> {
  return writeWholeFile(join(folder, CURRENT_FILE), manifestText(manifest));
}

/** @throws STORAGE */
export async function removeVersion(folder: string, version: number): Promise<void> {
  const path = versionFolder(folder, version);
  await rm(path, { recursive: true, force: true }).catch((cause: unknown) => {
    throw storageError(cause, path);
  });
}

export function manifestText(manifest: AdapterManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
