/**
 * What is to be done, as the coordinator's messages left it. Messages are taken in at once, work is done one job at a
 * time: a newer order replaces an older one here, and the worker finds out at its next microbatch.
 */
import { type PromiseWithResolvers, withResolvers } from '../core/async-queue.js';
import type {
  CommitRecord,
  Heal,
  Member,
  Microbatch,
  Reduce,
  ReferencePoint,
  SessionRequest,
  StepPlan,
  Welcome,
} from '../proto/gen/prospect/v1/coordinator.js';
import { type StepWork, voidPlan } from './step-work.js';

export type Outgoing = NonNullable<SessionRequest['message']>;

/** Sends in the session that the order came from; does nothing when that has ended. */
export type Reply = (message: Outgoing) => void;

export interface Order<Message> {
  readonly message: Message;
  readonly reply: Reply;
}

/** A committed step to apply. */
export interface Decided {
  readonly record: CommitRecord;
  /** Who to pull the gradient from; undefined when this worker has reduced it itself. */
  readonly members: readonly Member[] | undefined;
  /** The gradient, where it is pulled already. */
  readonly pulled?: Promise<SharedArrayBuffer>;
}

export interface ReduceOrder extends Order<Reduce> {
  /** A peer could not be pulled from: the coordinator decides how it goes on. */
  isStuck: boolean;
}

/** One microbatch of a score task. */
export interface Scoring {
  readonly task: number;
  readonly microbatch: Microbatch;
  readonly policy: boolean;
  readonly reference: boolean;
}

export interface Agenda {
  load: Order<Welcome> | undefined;
  heal: Order<Heal> | undefined;
  /** In the order of steps. */
  decided: Order<Decided>[];
  /** Not taken up yet. */
  plan: Order<StepPlan> | undefined;
  point: Order<ReferencePoint> | undefined;
  reduce: ReduceOrder | undefined;
  /** By task and microbatch. */
  readonly scoring: Map<string, Order<Scoring>>;
  /** Ends a pull of state or of an observed gradient that is not wanted any more. */
  pulling: AbortController;
  /** Resolves at the next `wake`. */
  changed: PromiseWithResolvers<void>;
}

export function emptyAgenda(): Agenda {
  return {
    load: undefined,
    heal: undefined,
    decided: [],
    plan: undefined,
    point: undefined,
    reduce: undefined,
    scoring: new Map(),
    pulling: new AbortController(),
    changed: withResolvers(),
  };
}

export function wake(agenda: Agenda): void {
  agenda.changed.resolve();
  agenda.changed = withResolvers();
}

/** Another state comes, or none: what was to be done with this one is void. */
export function clearWork(agenda: Agenda): void {
  agenda.heal = undefined;
  agenda.decided = [];
  agenda.plan = undefined;
  agenda.point = undefined;
  agenda.reduce = undefined;
  agenda.scoring.clear();
  agenda.pulling.abort();
  agenda.pulling = new AbortController();
}

/** This worker leaves: nothing that others can compute is begun any more. */
export function stopComputing({
  agenda,
  loaded,
}: {
  agenda: Agenda;
  loaded: { work: StepWork | undefined } | undefined;
}) {
  agenda.plan = undefined;
  agenda.point = undefined;
  agenda.scoring.clear();
  if (loaded?.work) voidPlan(loaded.work);
}
