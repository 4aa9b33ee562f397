/** What the main thread and the tensor thread of a worker ask of each other. */

import type { Member } from '../../proto/gen/prospect/v1/coordinator.js';
import type { StateHeader } from '../../proto/gen/prospect/v1/state.js';
import type { Security } from '../../proto/transport/security.js';
import type { ElementType } from '../../proto/transport/tensor-frame.js';
import type { StepKey, SubtreeSum } from '../allreduce/gradient-store.js';
import type { ReduceOrder } from '../allreduce/reduce.js';
import type { StateArrays } from '../compute/compute.js';

export type TensorApi = {
  /** Opens the port; from then on peers are reached in the same way. @returns host:port that others reach. */
  serve(argument: { readonly host: string; readonly security: Security }): Promise<string>;
  /** A model is loaded: its gradient has so many elements. */
  load(argument: { readonly length: number; readonly wire: ElementType }): void;
  begin(argument: { readonly step: StepKey; readonly leafCount: number }): void;
  /** @param argument its number is the caller's. */
  join(argument: {
    readonly team: number;
    readonly rank: number;
    readonly worldSize: number;
    readonly others: readonly Member[];
  }): void;
  leave(argument: { readonly team: number }): void;
  /** @returns the mean gradient: it stays as it is until the next step is reduced. */
  reduce(argument: {
    readonly team: number;
    readonly order: ReduceOrder;
    readonly sums: readonly SubtreeSum[];
  }): Promise<SharedArrayBuffer>;
  /** The gradient of a step that this worker took no part in, to be pulled from here too. */
  observe(
    argument: { readonly step: number; readonly members: readonly Member[] },
    signal: AbortSignal,
  ): Promise<SharedArrayBuffer>;
  /** The same into memory of its own. */
  prefetch(
    argument: { readonly step: number; readonly members: readonly Member[]; readonly length: number },
    signal: AbortSignal,
  ): Promise<SharedArrayBuffer>;
  /** Ends everything: this worker leaves. */
  close(argument: Record<string, never>): void;
};

export type MainApi = {
  /** Pieces come. */
  progress(argument: { readonly team: number }): void;
  /** A damaged piece is pulled again. */
  damage(argument: { readonly team: number; readonly peer: string; readonly damage: string }): void;
  /** A copy of this worker's state, until it is given back. */
  lend(argument: {
    readonly step: number;
    readonly parametersOnly: boolean;
  }): Promise<{ readonly loan: number; readonly header: StateHeader; readonly arrays: StateArrays }>;
  giveBack(argument: { readonly loan: number }): void;
};
