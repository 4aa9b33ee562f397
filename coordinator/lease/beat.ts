/** One place where a leader shows that it lives, and finds out when it has been replaced. */

export type Renewal =
  /** It is ours for another lease. */
  | { readonly kind: 'held' }
  /** Somebody else has it. */
  | { readonly kind: 'taken'; readonly by: string };

export interface Beat {
  /** @throws when that can't be known now. */
  renew(): Promise<Renewal>;
  /** The leader gives it back. */
  release(): Promise<void>;
  /** Without giving it back. */
  close(): Promise<void>;
}
