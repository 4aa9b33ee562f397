/**
 * The plan of the next step, with what must be computed before it: the reference ahead of full fine-tuning, and an
 * evaluation of the step before. The newest order counts; what is computed for another step is called off.
 */
import { learningRateAt, peakLearningRate as peakOf } from '../../core/schedule.js';
import type { Effect } from '../machine/effects.js';
import type { Stopwatch } from '../stopwatch.js';
import { readCommon } from './cached-references.js';
import type { DriverContext } from './context.js';
import { evaluate } from './evaluate.js';
import { createPlans } from './plans.js';
import type { Publisher } from './publishing.js';
import { fillReferences, needsPrelude } from './reference-prelude.js';
import type { ScoreBatch, Scorer } from './scorer.js';
import type { StepAtWork } from './step-at-work.js';

type PlanOrder = Extract<Effect, { kind: 'plan' }>;
/** What comes before a step's plan. */
type Preparation = Pick<PlanOrder, 'step' | 'evaluates'>;

export interface Planner {
  /** Answers with `planned`. */
  plan(order: PlanOrder): void;
  /** Answers with `evaluated`. */
  evaluate(order: Extract<Effect, { kind: 'evaluate' }>): void;
  /** The step after this one is planned while this one is reduced. */
  planAhead(step: number): void;
  stepAtWork(): StepAtWork | undefined;
  /** @throws the signal's reason. */
  evaluateAfter(step: number, signal: AbortSignal): Promise<void>;
  /** Nothing more is planned: the run goes back, or ends. */
  callOff(): void;
}

export interface PlannerParts {
  readonly scorer: Scorer;
  readonly stopwatch: Stopwatch;
  readonly publisher: Publisher;
  /** The tables are filled already. */
  readonly hasReferences: boolean;
  /** When the metrics of the steps so far are written. */
  readonly settled: () => Promise<void>;
}

export function createPlanner(context: DriverContext, parts: PlannerParts): Planner {
  const { config, calendar, report, loop, fail, live } = context;
  const { scorer, stopwatch, publisher, settled } = parts;
  let needsReferences = !parts.hasReferences;
  let wanted: PlanOrder | undefined;
  let asked: Preparation | undefined;
  let preparing: { readonly step: number; readonly abort: AbortController } | undefined;
  let waitingForRows: AbortController | undefined;
  let isBusy = false;
  let current: StepAtWork | undefined;
  const plans = createPlans(context);

  const scoreUntil = (signal: AbortSignal): ScoreBatch => {
    return (batch, question) => scorer.score(batch, question, signal);
  };
  const evaluateAfter = async (step: number, signal: AbortSignal) => {
    const heldOut = context.heldOut.asOf?.(step) ?? context.heldOut;
    if (heldOut.size === 0 || report.hasEvaluation(step)) return;
    await settled();
    await report.evaluation(await evaluate(step, scoreUntil(signal), { ...context, heldOut }));
  };
  const prepare = async ({ step, evaluates }: Preparation, signal: AbortSignal) => {
    if (needsReferences && needsPrelude(context)) await fillReferences(scoreUntil(signal), context);
    else if (needsReferences) await readCommon(context);
    needsReferences = false;
    const { everySteps } = config.evaluation;
    const before = step - 1;
    const isDue = before === 0 || (everySteps !== undefined && before % everySteps === 0);
    const publishes = publisher.isDue(before);
    if (isDue || publishes || evaluates) await evaluateAfter(before, signal);
    if (publishes) await publisher.begin(before);
    if (evaluates) loop().post({ kind: 'evaluated' });
  };
  const answer = ({ generation, step, attempt, peakLearningRate }: PlanOrder) => {
    const { work, ...costs } = plans.take(step, loop().state().setAside);
    current = work;
    const schedule = { ...config.training, learningRate: peakLearningRate ?? peakOf(config) };
    loop().post({
      kind: 'planned',
      generation,
      step,
      attempt,
      ...costs,
      learningRate: learningRateAt(step - 1, calendar.totalSteps, schedule),
    });
  };
  const prepareFor = async (order: Preparation): Promise<boolean> => {
    preparing = { step: order.step, abort: new AbortController() };
    const { signal } = preparing.abort;
    stopwatch.lap('update');
    await prepare(order, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    stopwatch.leaveOut();
    preparing = undefined;
    return !signal.aborted;
  };
  /** Live rows may be long in coming: whatever else is wanted meanwhile comes first. @returns false for something else. */
  const hasRows = async ({ generation, step }: PlanOrder): Promise<boolean> => {
    if (!live || live.rows.isReady(step)) return true;
    waitingForRows = new AbortController();
    const { signal } = waitingForRows;
    loop().post({ kind: 'rowsAwaited', generation, step });
    await live.former.ready(step, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    // The time without rows belongs to no step.
    stopwatch.leaveOut();
    waitingForRows = undefined;
    return !signal.aborted;
  };
  const work = async () => {
    try {
      for (let order = wanted ?? asked; order; order = wanted ?? asked) {
        asked = undefined;
        if (!(await prepareFor(order)) || !wanted) continue;
        // A newer order of the same step: what was prepared is good for it, unless it wants more.
        if (wanted.evaluates && !order.evaluates) continue;
        if (!(await hasRows(wanted))) continue;
        const newest: PlanOrder = wanted;
        wanted = undefined;
        answer(newest);
      }
    } finally {
      isBusy = false;
    }
  };
  const begin = () => {
    waitingForRows?.abort();
    if (isBusy) return;
    isBusy = true;
    // Never within the effect: what follows it in the same turn comes first.
    void Promise.resolve().then(work).catch(fail);
  };
  return {
    plan(order) {
      wanted = order;
      if (preparing && preparing.step !== order.step) preparing.abort.abort();
      begin();
    },
    evaluate({ step }) {
      asked = { step: step + 1, evaluates: true };
      begin();
    },
    planAhead: plans.ahead,
    stepAtWork: () => current,
    evaluateAfter,
    callOff() {
      wanted = undefined;
      asked = undefined;
      preparing?.abort.abort();
      waitingForRows?.abort();
    },
  };
}
