/** The steps of a run: how many there are, and where in the epochs each one lies. */
import type { RunConfig } from '../core/config/schema.js';
import { ProspectError } from '../core/errors.js';
import { stepsPerEpoch } from '../core/order/batches.js';

/** Keeps 0.1 epochs of 10 steps at 1 step, whatever the product rounds to. */
const ROUNDING = 1e-9;

export interface Calendar {
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
}

export interface StepPosition {
  /** 1-based. */
  readonly step: number;
  /** 0-based. */
  readonly epoch: number;
  /** 0-based. */
  readonly stepInEpoch: number;
}

/** Of a run that lasts until it is stopped: nobody gets there, and it survives JSON. */
const ENDLESS_STEPS = Number.MAX_SAFE_INTEGER;

/** Of live rows, which are used once: all steps lie in one epoch that does not end. */
export function liveCalendar({ training }: RunConfig): Calendar {
  return { totalSteps: training.maxSteps ?? ENDLESS_STEPS, stepsPerEpoch: Number.POSITIVE_INFINITY };
}

/** @returns null for a run that lasts until it is stopped. */
export function knownSteps(totalSteps: number): number | null {
  return totalSteps === ENDLESS_STEPS ? null : totalSteps;
}

/** @param trainingRows rows that the loss trains on. */
export function calendarOf(trainingRows: number, config: RunConfig): Calendar {
  if (trainingRows === 0) {
    const missing = config.loss.type === 'sft' ? 'desirable rows, and loss sft trains on nothing else' : 'rows';
    throw new ProspectError('DATA_INVALID', `there are no ${missing}; look at data.train and data.heldOut`);
  }
  const perEpoch = stepsPerEpoch(trainingRows, config.training);
  const planned = Math.max(1, Math.ceil(config.training.epochs * perEpoch - ROUNDING));
  return { stepsPerEpoch: perEpoch, totalSteps: Math.min(planned, config.training.maxSteps ?? planned) };
}

export function positionOf(step: number, calendar: Calendar): StepPosition {
  const before = step - 1;
  return { step, epoch: Math.floor(before / calendar.stepsPerEpoch), stepInEpoch: before % calendar.stepsPerEpoch };
}
