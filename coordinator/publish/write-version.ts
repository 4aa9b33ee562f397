/** One version: the adapter in PEFT's layout with its manifest, whole or not at all. */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AdapterManifest, MANIFEST_FILE } from '../../core/adapters/manifest.js';
import { type AdapterFiles, writeAdapterFiles } from '../output/save-adapter.js';
import { writeWholeFolder } from '../output/whole-folder.js';
import { manifestText } from './versions.js';

/**
 * @param mayAppear throws when it may not, as of a coordinator that was replaced.
 * @throws STORAGE when it can't be written; whatever the values throw. Nothing is left then.
 */
export function writeVersion(
  folder: string,
  files: AdapterFiles,
  about: Omit<AdapterManifest, 'files'>,
  mayAppear: () => Promise<void>,
): Promise<AdapterManifest> {
  return writeWholeFolder(folder, async (temporary) => {
    await writeAdapterFiles(temporary, files);
    const manifest = { ...about, files: await filesOf(temporary) };
    await writeFile(join(temporary, MANIFEST_FILE), manifestText(manifest));
    await mayAppear();
    return manifest;
  });
}

async function filesOf(folder: string): Promise<AdapterManifest['files']> {
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (name) => {
      const content = await readFile(join(folder, name));
      return { name, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
    }),
  );
}
