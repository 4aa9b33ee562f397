/** Coming to lead a run: by the lease in NATS where there is one, otherwise by the lock of its folder. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import type { NatsConfig } from '../../core/config/nats.js';
import type { ProspectError } from '../../core/errors.js';
import { connectNats } from '../nats/connect.js';
import { natsError } from '../nats/errors.js';
import type { RunLog } from '../run-log.js';
import { contend, type SeenLease, type Wait } from './contend.js';
import { folderId } from './folder-id.js';
import { LOCK_FILE, lockFolder } from './folder-lock.js';
import { type HeldLease, holdLease } from './hold-lease.js';
import { type Holder, nameOfHolder, newHolder } from './holder.js';
import type { KeepLease, KeptLease } from './keep-lease.js';
import { kvPlace, openLeases } from './kv-lease.js';
import { overwriteLock } from './lock-file.js';
import { LOOK_MS } from './timing.js';

export interface LeaseOptions {
  readonly output: string;
  readonly nats: NatsConfig | undefined;
  /** Waits while another coordinator leads. */
  readonly standby: boolean;
  readonly keepLease: KeepLease;
  readonly log: RunLog;
  /** Ends the wait; its reason is thrown. */
  readonly signal: AbortSignal;
}

export interface Lease extends HeldLease {
  readonly holder: string;
  /** Who led and is gone. */
  readonly lostBy: string | undefined;
  /** Somebody else led while this one waited. */
  readonly hasWaited: boolean;
}

const CONNECTION_NAME = 'prospect coordinator lease';
/** Between attempts of a standby to reach NATS. */
const AWAY_MS = 500;

/** @throws ADDRESS_IN_USE while another coordinator leads, unless this one stands by; STORAGE; CONFIG_INVALID. */
export async function takeLease(options: LeaseOptions): Promise<Lease> {
  const { output, nats, standby, log, signal, keepLease } = options;
  const own = await newHolder(Date.now());
  const lockPath = join(output, LOCK_FILE);
  const waiting = standingBy(log, signal);
  const kv = nats?.leases === undefined ? undefined : { nats, bucket: nats.leases, key: await folderId(output) };
  const led = kv && (await contendInNats(kv, own, waiting.wait, options));
  const gone = led ? led.gone : await lockFolder({ path: lockPath, own, wait: standby ? waiting.wait : undefined });
  if (led) await overwriteLock(lockPath, own);
  const lostBy = gone && nameOfHolder(gone);
  if (lostBy !== undefined) log.warn({ lostBy }, `taken over from ${lostBy}, which has gone without giving it back`);
  const held = holdLease({ own, lockPath, kv }, keepLease, log);
  return { ...held, holder: nameOfHolder(own), lostBy, hasWaited: waiting.hasWaited() };
}

function standingBy(log: RunLog, signal: AbortSignal): { wait: Wait; hasWaited: () => boolean } {
  let leader: Holder | undefined;
  return {
    async wait({ holder }) {
      if (holder.nonce !== leader?.nonce) log.info({}, `standing by: ${nameOfHolder(holder)} leads`);
      leader = holder;
      await pause(LOOK_MS, signal);
    },
    hasWaited: () => leader !== undefined,
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}

/**
 * @returns undefined when NATS is away and there is nobody to wait for: the folder's lock decides then.
 * @throws CONFIG_INVALID
 */
async function contendInNats(
  { nats, bucket, key }: NonNullable<KeptLease['kv']>,
  own: Holder,
  wait: Wait,
  { output, standby, log, signal }: LeaseOptions,
): Promise<{ readonly gone: Holder | undefined } | undefined> {
  for (let isSaid = false; ; isSaid = true) {
    let connection: NatsConnection | undefined;
    try {
      connection = await connectNats(nats, CONNECTION_NAME, process.env);
      const place = kvPlace(await openLeases(connection, bucket), key, own, join(output, LOCK_FILE));
      return { gone: await contend(place, own, standby ? wait : untilItMoves(signal, place.held)) };
    } catch (thrown) {
      const error = natsError(thrown, nats);
      if (error.code !== 'UNREACHABLE') throw error;
      if (!isSaid)
        log.warn({}, `${error.message}; ${standby ? 'waiting for it' : 'the folder’s lock decides who leads'}`);
      if (!standby) return undefined;
      await pause(AWAY_MS, signal);
    } finally {
      await connection?.close();
    }
  }
}

/** A killed coordinator on a machine that can't be seen is not refused for its lease that has not run out yet. */
function untilItMoves(signal: AbortSignal, held: (holder: Holder) => ProspectError): Wait {
  let first: SeenLease | undefined;
  return async (seen) => {
    first ??= seen;
    if (seen.beat !== first.beat) throw held(seen.holder);
    await pause(LOOK_MS, signal);
  };
}
