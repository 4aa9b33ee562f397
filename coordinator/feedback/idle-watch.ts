/** Says once when a step waits for rows and what is missing, and once when it has them. */
import type { RunEvents } from '../events/event-log.js';
import type { RunLog } from '../run-log.js';
import type { BatchDecision, BatchRules, WaitingCounts } from './form-batch.js';

type Waiting = Extract<BatchDecision, { kind: 'wait' }>;

export interface Idle {
  /** That waits for its rows. */
  readonly step: number;
  /** Of the driver's clock. */
  readonly sinceMs: number;
  /** For a person. */
  readonly message: string;
}

export interface IdleWatch {
  /** @returns when to look again, should nothing change: somebody is to be told then; undefined: all is told. */
  look(step: number, sinceMs: number, waiting: WaitingCounts, decision: Waiting): number | undefined;
  end(step: number): void;
  /** What is waited for, also before that is told; undefined while steps have their rows. */
  current(): Idle | undefined;
}

/** Shorter waits are usual where rows come as fast as they are trained on. */
const TOLD_AFTER_MS = 3000;

export interface IdleWatchOptions {
  readonly rules: BatchRules;
  readonly events: RunEvents;
  readonly log: RunLog;
  readonly now: () => number;
}

export function createIdleWatch({ rules, events, log, now }: IdleWatchOptions): IdleWatch {
  let idle: Idle | undefined;
  /** What was told last, in the kind of what is missing: not each row that comes is news. */
  let told: string | undefined;
  return {
    look(step, sinceMs, waiting, decision) {
      idle = { step, sinceMs, message: messageOf(step, waiting, decision, rules) };
      const kind = kindOf(decision);
      if (told === kind) return undefined;
      if (now() < sinceMs + TOLD_AFTER_MS) return sinceMs + TOLD_AFTER_MS;
      told = kind;
      log.info({ step, ...waiting }, idle.message);
      const { desirable, undesirable } = decision.missing;
      events.tell({ kind: 'feedbackIdle', step, waiting, missing: { desirable, undesirable }, message: idle.message });
      return undefined;
    },
    end(step) {
      if (idle && told !== undefined) {
        const seconds = (now() - idle.sinceMs) / 1000;
        log.info({ step, seconds }, `step ${step} has its rows: going on`);
        events.tell({ kind: 'feedbackResumed', step, seconds });
      }
      idle = undefined;
      told = undefined;
    },
    current: () => idle,
  };
}

function kindOf({ missing: { desirable, undesirable, any } }: Waiting): string {
  return `${desirable > 0} ${undesirable > 0} ${any > 0}`;
}

function messageOf(step: number, waiting: WaitingCounts, decision: Waiting, rules: BatchRules): string {
  const { desirable, undesirable, any } = decision.missing;
  const there = waiting.desirable + waiting.undesirable;
  const counts = `${waiting.desirable} desirable and ${waiting.undesirable} undesirable`;
  const begin = `step ${step} waits for rows`;
  if (there === 0) return `${begin}: none is left`;
  const needs = [
    ...(desirable > 0 ? [`${desirable} more desirable`] : []),
    ...(undesirable > 0 ? [`${undesirable} more undesirable`] : []),
  ];
  if (needs.length > 0) return `${begin}: there are ${counts}, it needs ${needs.join(' and ')} (data.minOfEachClass)`;
  if (any > 0) return `${begin}: one alone has no other to be paired with`;
  const seconds = rules.maxWaitMs / 1000;
  return `${begin}: ${there} of ${rules.globalBatch} are there; it begins without the others after ${seconds} s`;
}
