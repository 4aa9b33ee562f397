/**
 * A run's lease in a NATS key-value bucket. It changes hands by compare-and-set on its revision alone; the bucket's own
 * time limit only clears away what nobody wants any more.
 */
import { JetStreamApiError } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { ProspectError } from '../../core/errors.js';
import type { LeasePlace, SeenLease } from './contend.js';
import { type Holder, nameOfHolder, parseHolder } from './holder.js';
import { readLock } from './lock-file.js';
import { LEASE_MS } from './timing.js';

/** Behind the clocks of all standbys, which take over sooner by themselves. */
const BUCKET_TTL_MS = 4 * LEASE_MS;
const WRONG_LAST_SEQUENCE = 10071;
const STREAM_NOT_FOUND = 10059;

/** Makes the bucket where it is not there. @throws what NATS throws */
export async function openLeases(connection: NatsConnection, bucket: string): Promise<KV> {
  const buckets = new Kvm(connection);
  const there = await buckets.open(bucket);
  try {
    await there.status();
    return there;
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== STREAM_NOT_FOUND) throw error;
    const description = 'Which coordinator leads each Prospect run';
    return buckets.create(bucket, { ttl: BUCKET_TTL_MS, history: 1, description });
  }
}

/**
 * As a place to contend for. A coordinator that began while NATS was away leads by the folder's lock: where nobody has the
 * lease, whoever has the lock counts as its holder.
 */
export function kvPlace(leases: KV, key: string, own: Holder, lockPath: string): LeasePlace {
  let revision = 0;
  return {
    async look() {
      const seen = await lookAt(leases, key);
      revision = revisionOf(seen);
      return seen ?? (await readLock(lockPath));
    },
    take: async () => (await setLease(leases, key, own, revision)) !== undefined,
    held: (holder) => {
      const who = `${nameOfHolder(holder)}, since ${holder.since}`;
      const remedy = 'End that one, or let this one wait for its turn (coordinator --standby).';
      return new ProspectError('ADDRESS_IN_USE', `a coordinator leads this run already (${who}). ${remedy}`);
    },
  };
}

/** Its beats are revisions. @returns undefined where there is none, or it was given back. */
export async function lookAt(leases: KV, key: string): Promise<SeenLease | undefined> {
  const entry = await leases.get(key);
  if (entry?.operation !== 'PUT') return undefined;
  const holder = parseHolder(entry.string());
  if (!holder) throw new ProspectError('CONFIG_INVALID', `nats.leases: ${key} in it is no lease of prospect`);
  return { holder, beat: String(entry.revision) };
}

export function revisionOf(seen: SeenLease | undefined): number {
  return Number(seen?.beat ?? 0);
}

/**
 * @param revision that it has; 0: there is none.
 * @returns its new revision; undefined when it is another one by now.
 */
export async function setLease(leases: KV, key: string, own: Holder, revision: number): Promise<number | undefined> {
  const value = JSON.stringify(own);
  try {
    return await (revision === 0 ? leases.create(key, value) : leases.update(key, value, revision));
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE) return undefined;
    throw error;
  }
}
