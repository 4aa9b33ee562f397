/**
 * What a product imports to serve what a run has learned: `import { followAdapters, fetchAdapter } from 'prospect/adapters'`.
 * Adapters come from an object store of JetStream's (`nats.artifacts`), digests checked.
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type ObjectStore, Objm } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/transport-node';

/** Means over the held-out rows; null: over nothing. */
export interface AdapterEvaluation {
  readonly loss: number | null;
  readonly 'rewards/chosen': number | null;
  readonly 'rewards/rejected': number | null;
  readonly 'rewards/margins': number | null;
  /** Share of rows judged rightly. */
  readonly accuracy: number | null;
}

export interface PublishedAdapter {
  readonly run: string;
  /** 1, 2, … */
  readonly version: number;
  /** It is as after this step. */
  readonly step: number;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  /** null: the run has no held-out rows. */
  readonly evaluation: AdapterEvaluation | null;
  /** false: the gate held it back. */
  readonly promoted: boolean;
  readonly reason: string;
}

/**
 * Each version that becomes the current one: the one that is so now first, if any, then those to come. Versions that follow
 * one another faster than they are taken may be passed over. Ends when the connection is closed.
 * @throws what NATS says, as when there is no such bucket.
 */
export async function* followAdapters(
  connection: NatsConnection,
  bucket: string,
  run: string,
): AsyncGenerator<PublishedAdapter> {
  const store = await new Objm(connection).open(bucket);
  let seen = 0;
  for await (const { name, deleted } of await store.watch({ includeHistory: true })) {
    if (name !== `${run}/adapters/current` || deleted) continue;
    const current = await store.getBlob(name);
    if (!current) continue;
    const adapter = JSON.parse(new TextDecoder().decode(current)) as PublishedAdapter;
    if (adapter.version <= seen) continue;
    seen = adapter.version;
    yield adapter;
  }
}

/**
 * Writes the files of a version, current or not, into a folder.
 * @throws Error naming the file that is not there or has other content than its digest says; then nothing is written.
 */
export async function fetchAdapter(
  connection: NatsConnection,
  bucket: string,
  { run, version, files }: Pick<PublishedAdapter, 'run' | 'version' | 'files'>,
  folder: string,
): Promise<void> {
  const store = await new Objm(connection).open(bucket);
  const contents = await Promise.all(files.map((file) => fetchFile(store, `${run}/adapters/${version}`, file)));
  await mkdir(folder, { recursive: true });
  await Promise.all(files.map(({ name }, i) => writeFile(join(folder, basename(name)), contents[i]!)));
}

async function fetchFile(
  store: ObjectStore,
  folder: string,
  { name, sha256 }: PublishedAdapter['files'][number],
): Promise<Uint8Array> {
  const object = `${folder}/${name}`;
  const content = await store.getBlob(object);
  if (!content) throw new Error(`${object} is not in the object store; the version may be too old`);
  const found = createHash('sha256').update(content).digest('hex');
  if (found !== sha256) throw new Error(`${object} is damaged: SHA-256 ${found}, not ${sha256}`);
  return content;
}
