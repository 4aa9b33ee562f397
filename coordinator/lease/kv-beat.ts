/** The lease in NATS, renewed by compare-and-set over whatever connection there is. */
import type { KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { NatsConfig } from '../../core/config/nats.js';
import { connectNats } from '../nats/connect.js';
import type { Beat, Renewal } from './beat.js';
import { type Holder, nameOfHolder } from './holder.js';
import { lookAt, openLeases, revisionOf, setLease } from './kv-lease.js';

const CONNECTION_NAME = 'prospect coordinator lease';

interface Open {
  readonly connection: NatsConnection;
  readonly leases: KV;
  /** 0: not known, or there is none. */
  revision: number;
}

export function createKvBeat(nats: NatsConfig, bucket: string, key: string, own: Holder): Beat {
  let current: Open | undefined;
  const open = async (): Promise<Open> => {
    if (current && !current.connection.isClosed()) return current;
    const connection = await connectNats(nats, CONNECTION_NAME, process.env);
    try {
      current = { connection, leases: await openLeases(connection, bucket), revision: 0 };
    } catch (error) {
      await connection.close();
      throw error;
    }
    return current;
  };
  const renewIn = async (at: Open): Promise<Renewal> => {
    const revision = await setLease(at.leases, key, own, at.revision);
    if (revision !== undefined) {
      at.revision = revision;
      return { kind: 'held' };
    }
    const seen = await lookAt(at.leases, key);
    if (seen && seen.holder.nonce !== own.nonce) return { kind: 'taken', by: nameOfHolder(seen.holder) };
    // It ran out and nobody wanted it, or an answer was lost.
    at.revision = revisionOf(seen);
    return renewIn(at);
  };
  return {
    renew: async () => renewIn(await open()),
    async release() {
      if (!current || current.revision === 0) return;
      await current.leases.delete(key, { previousSeq: current.revision });
    },
    close: async () => current?.connection.close(),
  };
}
