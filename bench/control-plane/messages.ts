/** What the coordinator's process tells the benchmark. */

export interface Setting {
  readonly workers: number;
  /** Steps before the clock counts. */
  readonly warmUpSteps: number;
  readonly steps: number;
}

export type CoordinatorNews =
  | { readonly kind: 'started'; readonly address: string }
  | ({ readonly kind: 'measured' } & Measured);

export interface Measured {
  /** From one commit to the next, of each step. */
  readonly stepMs: number[];
  /** Of those, what appending the commit record and its sync took. */
  readonly journalMs: number[];
  /** Means over the steps. */
  readonly phaseMs: Record<string, number>;
  /** All threads of the coordinator's process, mean of a step. */
  readonly cpuMs: number;
}
