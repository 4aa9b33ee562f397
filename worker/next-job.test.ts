import { expect, test } from 'vitest';
import { emptyAgenda, type Order } from './agenda.js';
import { activityOf, nextJob } from './next-job.js';
import type { StepWork } from './step-work.js';

const order = <Message>(message: object): Order<Message> => ({ message: message as Message, reply: () => undefined });

function fullAgenda() {
  return {
    ...emptyAgenda(),
    load: order<never>({}),
    heal: order<never>({ step: 4 }),
    decided: [order<never>({ record: { step: 4 }, members: [] }), order<never>({ record: { step: 5 } })],
    plan: order<never>({}),
    point: order<never>({}),
    reduce: { ...order<never>({}), isStuck: false },
    scoring: new Map([['1:0', order<never>({})]]),
  };
}

function work(z0: number | undefined): StepWork {
  return { plan: { mismatched: [1], leaves: [7], z0 } } as unknown as StepWork;
}

test('the model comes first, then the state, then what of the step may be begun, then the rest', () => {
  const agenda = fullAgenda();
  const loaded = { work: work(0.5) };
  const kinds: string[] = [];
  const phases: string[] = [];
  for (let job = nextJob(agenda, loaded); job; job = nextJob(agenda, loaded)) {
    kinds.push(job.kind);
    phases.push(activityOf(job, 6).phase);
    if (job.kind === 'load') Object.assign(agenda, { load: undefined });
    if (job.kind === 'heal') Object.assign(agenda, { heal: undefined });
    if (job.kind === 'decided') agenda.decided.shift();
    if (job.kind === 'plan') Object.assign(agenda, { plan: undefined });
    if (job.kind === 'referencePoint') Object.assign(agenda, { point: undefined });
    if (job.kind === 'mismatched') loaded.work.plan.mismatched = [];
    if (job.kind === 'leaf') loaded.work.plan.leaves = [];
    if (job.kind === 'reduce') agenda.reduce.isStuck = true;
    if (job.kind === 'score') agenda.scoring.clear();
  }
  expect(kinds).toEqual([
    ...['load', 'heal', 'decided', 'decided', 'plan', 'referencePoint'],
    ...['mismatched', 'leaf', 'reduce', 'score'],
  ]);
  expect(phases).toEqual([
    ...['loading', 'healing', 'observing', 'applying', 'mismatched', 'gradients'],
    ...['mismatched', 'gradients', 'reducing', 'scoring'],
  ]);
});

test('leaves wait for the reference point of their plan, and everything for the model', () => {
  const loaded = { work: work(undefined) };
  loaded.work.plan.mismatched = [];
  expect(nextJob(emptyAgenda(), loaded)).toBeUndefined();
  expect(nextJob({ ...fullAgenda(), load: undefined }, undefined)).toBeUndefined();
});
