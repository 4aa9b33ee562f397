/** Which job is next, from what is to be done. The state of committed steps comes before the work on the next one. */
import type { Heal, ReferencePoint, StepPlan, Welcome } from '../proto/gen/prospect/v1/coordinator.js';
import type { Agenda, Decided, Order, ReduceOrder, Scoring } from './agenda.js';
import type { StepWork } from './step-work.js';
import type { Activity } from './worker-state.js';

export type Job =
  | { readonly kind: 'load'; readonly order: Order<Welcome> }
  | { readonly kind: 'heal'; readonly order: Order<Heal> }
  | { readonly kind: 'decided'; readonly order: Order<Decided> }
  | { readonly kind: 'plan'; readonly order: Order<StepPlan> }
  | { readonly kind: 'referencePoint'; readonly order: Order<ReferencePoint> }
  | { readonly kind: 'mismatched'; readonly microbatch: number }
  | { readonly kind: 'leaf'; readonly leaf: number }
  | { readonly kind: 'reduce'; readonly order: ReduceOrder }
  | { readonly kind: 'score'; readonly order: Order<Scoring> };

/** @param loaded undefined before a model is loaded; then there is nothing to do but to load it. */
export function nextJob(agenda: Agenda, loaded: { readonly work: StepWork | undefined } | undefined): Job | undefined {
  if (agenda.load) return { kind: 'load', order: agenda.load };
  if (!loaded) return undefined;
  if (agenda.heal) return { kind: 'heal', order: agenda.heal };
  const [decided] = agenda.decided;
  if (decided) return { kind: 'decided', order: decided };
  if (agenda.plan) return { kind: 'plan', order: agenda.plan };
  if (agenda.point) return { kind: 'referencePoint', order: agenda.point };
  return (loaded.work && stepJob(loaded.work)) ?? laterJob(agenda);
}

function stepJob({ plan }: StepWork): Job | undefined {
  const [microbatch] = plan.mismatched;
  if (microbatch !== undefined) return { kind: 'mismatched', microbatch };
  const [leaf] = plan.leaves;
  return leaf !== undefined && plan.z0 !== undefined ? { kind: 'leaf', leaf } : undefined;
}

function laterJob({ reduce, scoring }: Agenda): Job | undefined {
  if (reduce && !reduce.isStuck) return { kind: 'reduce', order: reduce };
  const [order] = scoring.values();
  return order && { kind: 'score', order };
}

/** How a job looks in heartbeats. @param step of the work at hand. */
export function activityOf(job: Job, step: number): Activity {
  switch (job.kind) {
    case 'load':
      return { phase: 'loading', step: 0 };
    case 'heal':
      return { phase: 'healing', step: job.order.message.step };
    case 'decided': {
      const { record, members } = job.order.message;
      return { phase: members ? 'observing' : 'applying', step: record.step };
    }
    case 'plan':
    case 'mismatched':
      return { phase: 'mismatched', step };
    case 'referencePoint':
    case 'leaf':
      return { phase: 'gradients', step };
    case 'reduce':
      return { phase: 'reducing', step };
    case 'score':
      return { phase: 'scoring', step };
  }
}
