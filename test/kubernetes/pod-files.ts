/** The volumes of a pod as folders, and the text in which their mount paths stand, rewritten to those folders. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { V1ConfigMap, V1KeyToPath, V1PodSpec, V1Secret, V1Volume } from '@kubernetes/client-node';

export interface Stored {
  readonly configMaps: readonly V1ConfigMap[];
  readonly secrets: readonly V1Secret[];
  /** Folders of PersistentVolumeClaims by their names. */
  readonly claims: Readonly<Record<string, string>>;
}

export interface PodFiles {
  /** Replaces mount paths by folders of this machine. */
  here(text: string): string;
}

/** @param folder of the pod, new. */
export async function layOutVolumes(pod: V1PodSpec, folder: string, stored: Stored): Promise<PodFiles> {
  const mounts = pod.containers[0]!.volumeMounts ?? [];
  const at = (name: string) => join(folder, name);
  const folders = new Map(mounts.map(({ mountPath, name }) => [mountPath, at(name)]));
  // All in one pass: these folders may lie in /tmp themselves.
  const paths = new RegExp(`(?<![\\w.-])(${[...folders.keys()].join('|')})(?=/|$|\\s|")`, 'gm');
  const here = (text: string) => text.replaceAll(paths, (path) => folders.get(path)!);
  for (const volume of pod.volumes ?? []) await fill(volume, at(volume.name), stored, here);
  return { here };
}

async function fill(volume: V1Volume, path: string, stored: Stored, here: (text: string) => string): Promise<void> {
  const { configMap, projected, persistentVolumeClaim: claim } = volume;
  if (claim) {
    const folder = stored.claims[claim.claimName];
    if (folder === undefined) throw new Error(`no claim ${claim.claimName}`);
    await mkdir(dirname(path), { recursive: true });
    return symlink(folder, path);
  }
  await mkdir(path, { recursive: true });
  if (configMap) {
    const { data = {} } = named(stored.configMaps, configMap.name);
    for (const [name, text] of Object.entries(data)) await writeFile(join(path, name), here(text));
  }
  for (const { secret } of projected?.sources ?? []) {
    if (secret) await writeItems(named(stored.secrets, secret.name), secret.items ?? [], path);
  }
}

async function writeItems({ stringData = {} }: V1Secret, items: readonly V1KeyToPath[], folder: string): Promise<void> {
  for (const { key, path } of items) {
    const text = stringData[key];
    if (text === undefined) throw new Error(`the Secret has no ${key}`);
    await writeFile(join(folder, path), text, { mode: 0o440 });
  }
}

function named<Item extends V1ConfigMap | V1Secret>(items: readonly Item[], name: string | undefined): Item {
  const found = items.find(({ metadata }) => metadata?.name === name);
  if (!found) throw new Error(`the pod names ${name}, which is not there`);
  return found;
}
