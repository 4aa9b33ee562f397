/** What a model worker has in memory. */

import type { MemberName, Message } from '../../coordinator/machine/effects.js';
import type { WorkerNews } from '../../coordinator/machine/events.js';
import type { CommitRecord, HeldState } from '../../coordinator/machine/types.js';
import { type Parameters, parameterDigest } from './model.js';

export type MessageOf<Kind> = Extract<Message, { kind: Kind }>;

/** A message with the data that the driver adds to a plan. */
export interface Sent {
  readonly message: Message;
  readonly setAside: readonly number[];
}

/** A report with the data that only the driver looks at. */
export interface Reported {
  readonly news: WorkerNews;
  readonly score: number;
}

export interface ReducedGradient {
  readonly generation: number;
  readonly step: number;
  readonly gradient: number;
  readonly digest: string;
  readonly norm: number | undefined;
}

export interface HeldLeaf {
  readonly z0: number;
  readonly gradient: number;
  /** Until it is reported; then 0. */
  readonly computeMs: number;
}

export interface WorkerMemory {
  isLoaded: boolean;
  /** Undefined while it heals: the old ones are gone, the new ones not there. */
  parameters: Parameters | undefined;
  plan: MessageOf<'stepPlan'> | undefined;
  /** A plan that came before the step before it was applied, and the reference point that came after it. */
  nextPlan:
    | {
        readonly plan: MessageOf<'stepPlan'>;
        readonly setAside: readonly number[];
        point: MessageOf<'referencePoint'> | undefined;
      }
    | undefined;
  /** What the plan's rows are found by. */
  setAside: readonly number[];
  z0: number | undefined;
  /** Microbatches and leaves reported under this plan; held ones are reported again under a newer one. */
  readonly reported: Set<string>;
  readonly scores: Set<number>;
  /** Gradients of the plan's step and attempt. */
  readonly leaves: Map<number, HeldLeaf>;
  reduced: ReducedGradient | undefined;
  /** Reduced gradients to be applied, in order of steps. */
  observed: Observed[];
  /** The last order to heal in this session; it is void once it is done or given up. */
  healing: MessageOf<'heal'> | undefined;
  healOrder: number;
}

export function emptyMemory(): WorkerMemory {
  return {
    isLoaded: false,
    parameters: undefined,
    plan: undefined,
    nextPlan: undefined,
    setAside: [],
    z0: undefined,
    reported: new Set(),
    scores: new Set(),
    leaves: new Map(),
    reduced: undefined,
    observed: [],
    healing: undefined,
    healOrder: 0,
  };
}

export function heldBy({ parameters, plan, leaves, reduced }: WorkerMemory): HeldState {
  const isOpen = plan !== undefined && parameters !== undefined && plan.step > parameters.step;
  return {
    appliedStep: parameters?.step ?? -1,
    parameterDigest: parameters ? parameterDigest(parameters) : '',
    leaves: isOpen ? { step: plan.step, attempt: plan.attempt, leaves: [...leaves.keys()] } : undefined,
    reduced: reduced && { step: reduced.step, digest: reduced.digest },
  };
}

interface Observed {
  readonly record: CommitRecord;
  readonly members: readonly MemberName[];
  readonly generation: number;
  /** Once it is pulled; its gradient is undefined when the step is skipped. */
  gradient?: { readonly gradient: number | undefined };
}
