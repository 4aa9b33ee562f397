/** How often one address may ask: a bucket of tokens for each, filled up evenly. */

export interface RateLimit {
  /** @returns seconds until it may ask again; 0 when it may now. */
  take(address: string, nowMs: number): number;
}

export interface RateSettings {
  /** So many at once after a pause. */
  readonly burst: number;
  readonly perSecond: number;
}

/** Addresses that are remembered; who was not heard of for longest is forgotten first. */
const MOST_ADDRESSES = 1024;

interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

export function createRateLimit({ burst, perSecond }: RateSettings): RateLimit {
  const buckets = new Map<string, Bucket>();
  return {
    take(address, nowMs) {
      const before = buckets.get(address) ?? { tokens: burst, atMs: nowMs };
      const tokens = Math.min(burst, before.tokens + ((nowMs - before.atMs) / 1000) * perSecond);
      const isAllowed = tokens >= 1;
      buckets.delete(address);
      buckets.set(address, { tokens: isAllowed ? tokens - 1 : tokens, atMs: nowMs });
      if (buckets.size > MOST_ADDRESSES) buckets.delete(buckets.keys().next().value!);
      return isAllowed ? 0 : (1 - tokens) / perSecond;
    },
  };
}
