/** What can be told about a snapshot without reading its arrays: manifest and sizes. For listing, counting and linking. */
import { join } from 'node:path';
import { isErrnoError } from '../../core/errors.js';
import type { FileOperations } from './file-operations.js';
import { CONTENT_FILES } from './layout.js';
import { MANIFEST_FILE, type Manifest, manifestDigest, parseManifest } from './manifest.js';
import type { SnapshotName } from './names.js';
import { readWhole } from './pieces.js';

export interface QuickCheck {
  /** For a person; empty for a snapshot that looks whole. */
  readonly problems: readonly string[];
  /** Where it can be read. */
  readonly manifest?: { readonly content: Manifest; readonly digest: string };
}

/** Never throws for the state that a snapshot is in: what can't be read is a problem of its. */
export async function quickCheck(path: string, files: FileOperations): Promise<QuickCheck> {
  let text: string;
  try {
    text = (await readWhole(files, join(path, MANIFEST_FILE))).toString('utf8');
  } catch (error) {
    return { problems: [unreadable(MANIFEST_FILE, error)] };
  }
  const content = parseManifest(text);
  if (typeof content === 'string') return { problems: [content] };
  const problems = [...(await unexpectedFiles(path, files))];
  for (const name of CONTENT_FILES) problems.push(...(await wrongSize(path, name, content, files)));
  return { problems, manifest: { content, digest: manifestDigest(text) } };
}

/** Of the newest snapshot whose manifest can be read; null where there is none. */
export async function newestManifestDigest(
  folder: string,
  snapshots: readonly SnapshotName[],
  files: FileOperations,
): Promise<string | null> {
  for (const { name } of snapshots) {
    const { manifest } = await quickCheck(join(folder, name), files);
    if (manifest) return manifest.digest;
  }
  return null;
}

export function unreadable(name: string, error: unknown): string {
  if (isErrnoError(error) && error.code === 'ENOENT') return `${name} is missing`;
  if (isErrnoError(error) && error.code === 'ENOTDIR') return 'it is no folder';
  return `${name} can't be read (${error instanceof Error ? error.message : String(error)})`;
}

/** Hidden ones are put there by file systems and file managers, and say nothing. */
async function unexpectedFiles(path: string, files: FileOperations): Promise<string[]> {
  const expected = new Set<string>([...CONTENT_FILES, MANIFEST_FILE]);
  const names = await files.list(path).catch(() => []);
  return names
    .filter((name) => !expected.has(name) && !name.startsWith('.'))
    .map((name) => `${name} does not belong to it`);
}

async function wrongSize(path: string, name: string, manifest: Manifest, files: FileOperations): Promise<string[]> {
  const expected = manifest.files[name]?.bytes;
  if (expected === undefined) return [`${MANIFEST_FILE} does not name ${name}`];
  try {
    const file = await files.open(join(path, name));
    const bytes = await file.size().finally(() => file.close());
    return bytes === expected ? [] : [`${name} has ${bytes} bytes instead of ${expected}`];
  } catch (error) {
    return [unreadable(name, error)];
  }
}
