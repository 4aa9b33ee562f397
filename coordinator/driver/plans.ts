/**
 * Plans of steps, made when they are wanted or a little ahead: rows are read and microbatches cut while the workers reduce
 * the step before, when nobody waits for the coordinator.
 */
import { costsOf } from '../batch.js';
import { positionOf } from '../calendar.js';
import { planStep } from '../plan-step.js';
import type { DriverContext } from './context.js';
import { createStep, type StepAtWork } from './step-at-work.js';

/** A step with nothing reported yet. */
export interface NewStep {
  readonly work: StepAtWork;
  readonly mismatchedCosts: readonly number[];
  readonly leafCosts: readonly number[];
  readonly exampleCount: number;
}

export interface Plans {
  /** @param setAside rows that are left out. */
  take(step: number, setAside: readonly number[]): NewStep;
  /** Makes the plan of the step after this one, soon. */
  ahead(step: number): void;
}

export function createPlans(context: DriverContext): Plans {
  const { config, calendar, train, loop, over, live } = context;
  let made: { readonly step: number; readonly setAside: readonly number[]; readonly plan: NewStep } | undefined;
  const planOf = (step: number, setAside: readonly number[]): NewStep => {
    const plan = planStep(train, config, positionOf(step, calendar), new Set(setAside));
    return {
      work: createStep(step, setAside.length, plan, context),
      mismatchedCosts: costsOf(plan.mismatched),
      leafCosts: costsOf(plan.matched),
      exampleCount: plan.matched.sequences.length,
    };
  };
  const makeAhead = async (step: number) => {
    await live?.former.ahead(step);
    if (over.aborted || (live && !live.rows.isReady(step))) return;
    const { setAside } = loop().state();
    made = { step, setAside, plan: planOf(step, setAside) };
  };
  return {
    take(step, setAside) {
      // Going back to a snapshot makes another list of rows set aside, and each plan is used once.
      const ready = made?.step === step && made.setAside === setAside ? made.plan : undefined;
      made = undefined;
      return ready ?? planOf(step, setAside);
    },
    ahead(step) {
      if (step >= calendar.totalSteps) return;
      setImmediate(() => {
        // Whoever wants the plan meets the error.
        makeAhead(step + 1).catch(() => {
          made = undefined;
        });
      });
    },
  };
}
