/** What the machine remembers of the step at work: who computes what, what has been reported, how far it is. */

export interface MicrobatchWork {
  readonly cost: number;
  /** Session that is to compute it; 0: nobody. */
  readonly owner: number;
  readonly isDone: boolean;
}

export interface LeafWork {
  readonly cost: number;
  /** Session that is to compute it; 0: nobody. */
  readonly owner: number;
  /** Sessions that have its gradient in memory. */
  readonly holders: readonly number[];
}

/** One leaf, computed by several workers and compared. */
export interface Audit {
  readonly leaf: number;
  /** Reports of it from before are void. */
  readonly sinceGeneration: number;
  /** Who computes it: the owner, a second one, and a third when those two differ. */
  readonly sessions: readonly number[];
  readonly digests: readonly { readonly session: number; readonly digest: string }[];
  /** What a first round of two gave, when both compute it again. */
  readonly before: readonly { readonly session: number; readonly digest: string }[];
}

export interface ReducedDigest {
  readonly session: number;
  readonly digest: string;
  readonly norm: number | undefined;
}

export type Stage =
  /** The driver is planning. */
  | 'planning'
  | 'mismatched'
  /** The driver is summing z0. */
  | 'referencePoint'
  | 'gradients'
  | 'reducing'
  /** The commit record is on its way to the disk: decided. */
  | 'journaling';

/** What a worker can owe; each kind has its own deadline. */
export type Duty = 'mismatched' | 'gradients' | 'reducing' | 'applying';

export interface StepWork {
  readonly step: number;
  /** Rows set aside in the run when it was planned: tells the plans of one step apart, also across coordinators. */
  readonly attempt: number;
  readonly stage: Stage;
  /** While it is planned: its rows are still to come. Until then the run is between two steps. */
  readonly awaitsRows: boolean;
  /** Generation of its plan; reports from before it belong to another plan. */
  readonly sinceGeneration: number;
  readonly learningRate: number;
  readonly exampleCount: number;
  readonly mismatched: readonly MicrobatchWork[];
  readonly leaves: readonly LeafWork[];
  readonly z0: number | undefined;
  /** Rows whose scores were not finite, in this stage. */
  readonly notFinite: readonly number[];
  /** Sessions that were sent the plan. */
  readonly planned: readonly number[];
  readonly audit: Audit | undefined;
  readonly reduced: readonly ReducedDigest[];
  /** Digests of a first reduction without majority, when it is made again. */
  readonly reducedBefore: readonly ReducedDigest[];
  /** Reductions of this step that were given up because they did not end. */
  readonly reduceRetries: number;
  /** Peers that somebody could not pull from. */
  readonly troubles: readonly { readonly reporter: number; readonly peer: number }[];
  /** Longest time without progress that ended well, of each duty, ms. */
  readonly longestGaps: Readonly<Partial<Record<Duty, number>>>;
}
