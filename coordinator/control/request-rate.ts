/** How many requests over NATS are looked at: whoever may publish there must not keep the coordinator from its work. */

/** People and dashboards stay far below. */
const REQUESTS_PER_SECOND = 20;
const MS_PER_SECOND = 1000;

/** What may still be asked at once, and since when that is so. */
export interface RequestRate {
  readonly left: number;
  readonly atMs: number;
}

export function freshRate(atMs: number): RequestRate {
  return { left: REQUESTS_PER_SECOND, atMs };
}

/** @returns undefined for a request too many. */
export function afterRequest({ left, atMs }: RequestRate, nowMs: number): RequestRate | undefined {
  const refilled = Math.min(REQUESTS_PER_SECOND, left + ((nowMs - atMs) / MS_PER_SECOND) * REQUESTS_PER_SECOND);
  return refilled < 1 ? undefined : { left: refilled - 1, atMs: nowMs };
}
