/** The published versions of a run: what there is, when the next is due, and how it comes about. */
import type { AdapterEvaluation, AdapterManifest } from '../../core/adapters/manifest.js';
import type { PublishConfig } from '../../core/config/publish.js';
import type { Parameter } from '../../core/parameters.js';
import type { RunEvents } from '../events/event-log.js';
import type { Fence } from '../journal/fence.js';
import type { ResolvedRun } from '../resolve-run.js';
import type { RunLog } from '../run-log.js';
import { isDue } from './due.js';
import { judge } from './gate.js';
import {
  newestPromoted,
  outdated,
  publishedFolder,
  readVersions,
  removeVersion,
  versionFolder,
  writeCurrent,
} from './versions.js';
import { writeVersion } from './write-version.js';

const ADAPTER_FILE = 'adapter_model.safetensors';

export interface NewVersion {
  readonly step: number;
  /** null: there are no held-out rows. */
  readonly evaluation: AdapterEvaluation | null;
  readonly modelDigest: string;
  readonly parameterDigest: string;
  readonly parameters: readonly Parameter[];
  /** Consecutive pieces of the flat array. */
  readonly values: AsyncIterable<Float32Array>;
}

export interface Publication {
  /** Where the versions lie. */
  readonly folder: string;
  isDue(step: number): boolean;
  /** The step's version is on its way: it is not due again, also when nothing comes of it. */
  begin(step: number): void;
  /** One at a time. @throws STORAGE, LEASE_LOST, and what the values throw; the version before is then the newest one. */
  publish(version: NewVersion): Promise<void>;
  /** Of this run, ascending. */
  versions(): readonly AdapterManifest[];
  /** Called after each version. */
  onPublished(listener: () => void): void;
}

export interface PublicationOptions {
  readonly config: ResolvedRun & { readonly publish: PublishConfig };
  readonly run: string;
  readonly events: RunEvents;
  readonly fence: Pick<Fence, 'mayAct'>;
  readonly log: RunLog;
  /** Milliseconds of a clock that never runs backwards. */
  readonly now: () => number;
}

/** @throws STORAGE */
export async function openPublication(options: PublicationOptions): Promise<Publication> {
  const { config, run, now } = options;
  const folder = publishedFolder(config.output);
  const found = await readVersions(folder);
  let { manifests, highest } = found;
  // A crash can have come between a version and this.
  const current = newestPromoted(manifests);
  if (current) await writeCurrent(folder, current);
  const own = () => manifests.filter((manifest) => manifest.run === run);
  let newest = { step: own().at(-1)?.step ?? 0, atMs: now() };
  const listeners: (() => void)[] = [];
  return {
    folder,
    isDue: (step) => isDue(step, now(), newest, config.publish),
    begin(step) {
      newest = { step, atMs: now() };
    },
    async publish(version) {
      highest++;
      const manifest = await write(version, highest, newestPromoted(own()), options);
      manifests = [...manifests, manifest];
      if (manifest.promoted) await writeCurrent(folder, manifest);
      tell(manifest, options);
      for (const listener of listeners) listener();
      manifests = await withoutOld(manifests, config.publish.keep, folder);
    },
    versions: own,
    onPublished: (listener) => void listeners.push(listener),
  };
}

function write(
  { step, evaluation, modelDigest, parameterDigest, ...values }: NewVersion,
  version: number,
  last: AdapterManifest | undefined,
  { config, run, fence }: PublicationOptions,
): Promise<AdapterManifest> {
  const { model: baseFolder, output, lora, publish } = config;
  const verdict = judge(evaluation, last, publish.gate);
  const about = { format: 1, run, version, step, modelDigest, parameterDigest, evaluation, ...verdict } as const;
  const folder = versionFolder(publishedFolder(output), version);
  return writeVersion(folder, { ...values, baseFolder, alpha: lora.alpha }, about, fence.mayAct);
}

function tell(manifest: AdapterManifest, { config, events, log }: PublicationOptions): void {
  const { version: adapter, step, evaluation, files, promoted, reason } = manifest;
  const folder = versionFolder(publishedFolder(config.output), adapter);
  const { sha256 } = files.find(({ name }) => name === ADAPTER_FILE)!;
  const told = { step, adapter, folder, sha256, evaluation };
  if (promoted) log.info({ step, adapter, folder }, 'adapter published');
  else log.warn({ step, adapter, folder }, `adapter held back: ${reason}`);
  events.tell(promoted ? { kind: 'adapterPublished', ...told } : { kind: 'adapterHeldBack', ...told, reason });
}

async function withoutOld(
  manifests: readonly AdapterManifest[],
  keep: number,
  folder: string,
): Promise<readonly AdapterManifest[]> {
  const numbers = manifests.map(({ version }) => version);
  const old = new Set(outdated(numbers, keep, newestPromoted(manifests)?.version));
  for (const version of old) await removeVersion(folder, version);
  return manifests.filter(({ version }) => !old.has(version));
}
