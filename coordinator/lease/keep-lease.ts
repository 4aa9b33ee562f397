/** Renews a lease wherever it lies, and tells what comes of it. Runs in a thread of its own, or in a test's. */
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConfig } from '../../core/config/nats.js';
import { toProspectError } from '../../core/errors.js';
import { natsError } from '../nats/errors.js';
import type { Beat, Renewal } from './beat.js';
import { openFolderBeat } from './folder-beat.js';
import type { Holder } from './holder.js';
import { createKvBeat } from './kv-beat.js';
import { monotonicMs } from './monotonic.js';
import { ANSWER_MS, LEASE_MS, MARGIN_MS, RENEW_MS } from './timing.js';

/** Plain data: it is sent to a thread. */
export interface KeptLease {
  readonly own: Holder;
  readonly lockPath: string;
  readonly kv: { readonly nats: NatsConfig; readonly bucket: string; readonly key: string } | undefined;
}

export type LeaseNews =
  | { readonly kind: 'held'; readonly untilMs: number }
  /** NATS gave no answer; true for as long as another renewal is not due. */
  | { readonly kind: 'unknown'; readonly untilMs: number; readonly why: string }
  | { readonly kind: 'taken'; readonly by: string };

export interface Keeper {
  /** Gives the lease back, if it is still ours. */
  release(): Promise<void>;
  /** Without giving it back. */
  close(): Promise<void>;
}

export type KeepLease = (lease: KeptLease, onNews: (news: LeaseNews) => void) => Keeper;

/** In this thread. Tells nothing more when the lease is taken. */
export const keepLease: KeepLease = ({ own, lockPath, kv }, onNews) => {
  const stopping = new AbortController();
  const beats: (() => Promise<Beat>)[] = [once(() => openFolderBeat(lockPath, own))];
  if (kv) beats.push(once(async () => createKvBeat(kv.nats, kv.bucket, kv.key, own)));
  const end = async (last: (beat: Beat) => Promise<void>) => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    await done;
    for (const open of beats) {
      const beat = await open().catch(() => undefined);
      if (!beat) continue;
      await last(beat).catch(() => undefined);
      await beat.close().catch(() => undefined);
    }
  };
  const done = renewAlways(beats, kv?.nats, onNews, stopping.signal);
  return {
    release: () => end((beat) => within(beat.release(), ANSWER_MS)),
    close: () => end(async () => undefined),
  };
};

async function renewAlways(
  beats: readonly (() => Promise<Beat>)[],
  nats: NatsConfig | undefined,
  onNews: (news: LeaseNews) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const startedMs = monotonicMs();
    const renewals = beats.map(async (open) => within((await open()).renew(), ANSWER_MS));
    const news = newsOf(await Promise.allSettled(renewals), startedMs, nats);
    if (signal.aborted) return;
    onNews(news);
    if (news.kind === 'taken') return;
    await delay(RENEW_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** A lease counts from the moment when its renewal was asked for. */
function newsOf(
  results: readonly PromiseSettledResult<Renewal>[],
  startedMs: number,
  nats: NatsConfig | undefined,
): LeaseNews {
  for (const result of results) {
    if (result.status === 'fulfilled' && result.value.kind === 'taken') return result.value;
  }
  for (const result of results) {
    if (result.status === 'fulfilled') continue;
    const why = toProspectError(nats ? natsError(result.reason, nats) : result.reason).message;
    return { kind: 'unknown', untilMs: monotonicMs() + RENEW_MS + ANSWER_MS, why };
  }
  return { kind: 'held', untilMs: startedMs + LEASE_MS - MARGIN_MS };
}

/** Opened when it is first wanted; again when that failed. */
function once(open: () => Promise<Beat>): () => Promise<Beat> {
  let opened: Promise<Beat> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}

async function within<Result>(work: Promise<Result>, limitMs: number): Promise<Result> {
  const timer = new AbortController();
  const late = delay(limitMs, undefined, { signal: timer.signal, ref: false }).then(() => {
    throw new Error(`no answer within ${limitMs} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}
