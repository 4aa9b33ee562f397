/** What publishes a run's adapters, as its configuration wants it: to the disk, and from there to an object store. */
import type { RunEvents } from '../events/event-log.js';
import type { Fence } from '../journal/fence.js';
import type { ResolvedRun } from '../resolve-run.js';
import type { RunLog } from '../run-log.js';
import { openPublication, type Publication } from './publication.js';
import { startUpload } from './upload.js';

export interface Publishing {
  /** undefined: of a run that publishes nothing. */
  readonly publication: Publication | undefined;
  close(): Promise<void>;
}

export interface PublishingOptions {
  readonly config: ResolvedRun;
  readonly run: string;
  readonly events: RunEvents;
  readonly fence: Pick<Fence, 'mayAct'>;
  readonly log: RunLog;
}

/** @throws STORAGE */
export async function openPublishing({ config, ...parts }: PublishingOptions): Promise<Publishing> {
  const { publish, nats } = config;
  if (!publish) return { publication: undefined, close: async () => undefined };
  const publication = await openPublication({ ...parts, config: { ...config, publish }, now: () => performance.now() });
  if (!nats?.artifacts) return { publication, close: async () => undefined };
  const upload = startUpload({ ...parts, nats, bucket: nats.artifacts, keep: publish.keep, publication });
  return { publication, close: upload.close };
}
