/** Makes the object store's versions of a run those of its output folder. A version's manifest comes after its files. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectStore } from '@nats-io/obj';
import { type AdapterManifest, adapterObject, currentObject, MANIFEST_FILE } from '../../core/adapters/manifest.js';
import type { Publication } from './publication.js';
import { manifestText, newestPromoted, outdated, versionFolder } from './versions.js';

export interface StoreOptions {
  readonly run: string;
  readonly keep: number;
  readonly publication: Pick<Publication, 'folder' | 'versions'>;
}

export async function storeVersions(store: ObjectStore, { run, keep, publication }: StoreOptions): Promise<void> {
  const there = new Set((await store.list()).map(({ name }) => name));
  const versions = publication.versions();
  for (const manifest of versions) {
    if (there.has(adapterObject(run, manifest.version, MANIFEST_FILE))) continue;
    await storeVersion(store, manifest, publication.folder);
  }
  const current = newestPromoted(versions);
  if (current) await storeCurrent(store, current);
  await removeOld(store, there, { run, keep, current: current?.version });
}

async function storeVersion(store: ObjectStore, manifest: AdapterManifest, folder: string): Promise<void> {
  const { run, version, files } = manifest;
  for (const { name } of files) {
    const content = await readFile(join(versionFolder(folder, version), name));
    await store.putBlob({ name: adapterObject(run, version, name) }, content);
  }
  const name = adapterObject(run, version, MANIFEST_FILE);
  await store.putBlob({ name }, new TextEncoder().encode(manifestText(manifest)));
}

/** Who watches it hears of a change alone. */
async function storeCurrent(store: ObjectStore, manifest: AdapterManifest): Promise<void> {
  const name = currentObject(manifest.run);
  const text = manifestText(manifest);
  const stored = await store.getBlob(name);
  if (stored && new TextDecoder().decode(stored) === text) return;
  await store.putBlob({ name }, new TextEncoder().encode(text));
}

async function removeOld(
  store: ObjectStore,
  names: ReadonlySet<string>,
  { run, keep, current }: { readonly run: string; readonly keep: number; readonly current: number | undefined },
): Promise<void> {
  const prefix = adapterObject(run, 0, '').slice(0, -2);
  const numberOf = (name: string) => Number(name.slice(prefix.length).split('/')[0]);
  const own = [...names].filter((name) => name.startsWith(prefix) && numberOf(name) > 0);
  const old = new Set(outdated([...new Set(own.map(numberOf))], keep, current));
  // The manifest first: without it the version is none.
  const inOrder = own.sort((a, b) => Number(b.endsWith(MANIFEST_FILE)) - Number(a.endsWith(MANIFEST_FILE)));
  for (const name of inOrder) if (old.has(numberOf(name))) await store.delete(name);
}
