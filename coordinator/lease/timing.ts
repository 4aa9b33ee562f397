/** How long a lease lasts and how often it is renewed. */

/**
 * A leader that was silent for so long is replaced. Longer than any stall of a busy machine's processes that was seen;
 * short enough that a standby has made a step before 5 s are over.
 */
export const LEASE_MS = 2_500;
/** Five renewals may fail in a row. */
export const RENEW_MS = 500;
/** A leader takes its lease for run out so much sooner, for clocks that do not run alike. */
export const MARGIN_MS = 500;
/** How often a standby looks. */
export const LOOK_MS = 100;
/** An attempt to renew that takes longer counts as failed. */
export const ANSWER_MS = 1_000;
