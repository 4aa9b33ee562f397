/**
 * Follows the published versions to an object store of JetStream's, however often NATS goes away. Nothing waits for it: the
 * files are on the disk, and what is missing over there is asked for each time.
 */
import { Objm, StorageType } from '@nats-io/obj';
import type { NatsConnection } from '@nats-io/transport-node';
import type { NatsConfig } from '../../core/config/nats.js';
import { ProspectError, toProspectError } from '../../core/errors.js';
import { connectNats } from '../nats/connect.js';
import { natsError } from '../nats/errors.js';
import { keepConnected } from '../nats/keep-connected.js';
import type { RunLog } from '../run-log.js';
import type { Publication } from './publication.js';
import { storeVersions } from './store-versions.js';

export interface UploadOptions {
  readonly nats: NatsConfig;
  readonly bucket: string;
  readonly run: string;
  /** Versions that stay in the store. */
  readonly keep: number;
  readonly publication: Publication;
  readonly log: RunLog;
}

export interface Upload {
  /** Waits for what is still to be uploaded, but not for long. */
  close(): Promise<void>;
}

const CONNECTION_NAME = 'prospect adapters';
/** At the end of a run; what is left then is in the output folder alone. */
const LAST_WAIT_MS = 5_000;

export function startUpload(options: UploadOptions): Upload {
  const { nats, publication, log } = options;
  const stopping = new AbortController();
  const progress = createProgress();
  publication.onPublished(progress.changed);
  const newest = () => publication.versions().at(-1)?.version ?? 0;
  let uploaded = 0;
  let isAway = false;
  const follow = async (connection: NatsConnection, works: () => void) => {
    const store = await new Objm(connection).create(options.bucket, {
      storage: StorageType.File,
      description: 'Artifacts of Prospect runs',
    });
    while (!stopping.signal.aborted) {
      const target = newest();
      await storeVersions(store, options);
      uploaded = target;
      works();
      if (isAway) log.info({}, 'nats: adapters are uploaded');
      isAway = false;
      progress.changed();
      await progress.until(() => newest() > uploaded, stopping.signal);
    }
  };
  const done = keepConnected({
    connect: () => connectNats(nats, CONNECTION_NAME, process.env),
    use: (connection, works) => Promise.race([follow(connection, works), brokenOf(connection)]),
    onAway(thrown) {
      const { message } = toProspectError(natsError(thrown, nats));
      if (!isAway) log.warn({}, `${message}; adapters are in the output folder, and uploaded when it is back`);
      isAway = true;
    },
    signal: stopping.signal,
  });
  return {
    async close() {
      await progress.until(() => uploaded >= newest(), AbortSignal.timeout(LAST_WAIT_MS));
      const isLeft = uploaded < newest();
      stopping.abort();
      await done;
      if (isLeft) log.warn({}, 'nats: the last adapters were not uploaded; they are in the output folder');
    },
  };
}

/** @throws always, when the connection is of no more use. */
async function brokenOf(connection: NatsConnection): Promise<never> {
  const error = await connection.closed();
  throw error ?? new ProspectError('UNREACHABLE', 'the connection to NATS broke');
}

/** Lets one side wait for what the other comes to. */
function createProgress() {
  const listeners = new Set<() => void>();
  return {
    changed() {
      for (const listener of [...listeners]) listener();
    },
    /** Resolves when it is so, or at the abort. */
    until(isSo: () => boolean, signal: AbortSignal): Promise<void> {
      return new Promise((resolve) => {
        const look = () => {
          if (!isSo() && !signal.aborted) return;
          listeners.delete(look);
          signal.removeEventListener('abort', look);
          resolve();
        };
        listeners.add(look);
        signal.addEventListener('abort', look);
        look();
      });
    },
  };
}
