import { expect, test } from 'vitest';
import { evaluationMetrics } from './metrics/evaluation-metrics.js';
import { stepMetrics } from './metrics/step-metrics.js';
import { createRunHistory } from './run-history.js';

const LOSS = { type: 'kto', beta: 0.1, desirableWeight: 1, undesirableWeight: 1, sftWeight: 0 } as const;
const POINT = { z0: 0, raw: -1, standardError: 1, clamped: true };

function step(number: number, tokensBefore: number) {
  const record = {
    step: number,
    epoch: 0,
    learningRate: 1,
    gradNorm: 1,
    referencePoint: POINT,
    examples: [],
    tokens: 10,
    tokensBefore,
    seconds: {},
    computingSeconds: [],
    workers: 1,
    setAside: 0,
    pairing: { ownCompletion: 0, samePrompt: 0 },
    sftScale: 1,
  };
  return stepMetrics(record, LOSS);
}

function evaluation(number: number) {
  return evaluationMetrics({ step: number, epoch: 0, referencePoint: POINT, examples: [], sftScale: 1 }, LOSS);
}

test('a run without steps has no ends', () => {
  expect(createRunHistory().ends()).toBeUndefined();
});

test('the ends are the first and the last, of steps and evaluations, however many lie between', () => {
  const history = createRunHistory();
  for (const number of [0, 5, 10]) history.addEvaluation(evaluation(number));
  for (let number = 1; number <= 40; number++) history.addStep(step(number, 10 * (number - 1)));
  const { firstStep, lastStep, evaluation: ends } = history.ends()!;
  expect([firstStep.step, lastStep.step, ends?.before.step, ends?.after.step]).toEqual([1, 40, 0, 10]);
  expect(lastStep.num_tokens).toBe(400);
  expect([0, 40, 41].map(history.hasStep)).toEqual([false, true, false]);
  expect([0, 5, 6].map(history.hasEvaluation)).toEqual([true, true, false]);
  expect(history.points().length).toBe(40);
});

test('an alarm is told in the step in which it begins', () => {
  const history = createRunHistory();
  const told = Array.from({ length: 30 }, (_, i) => history.addStep(step(i + 1, 0)).map((alarm) => alarm.kind));
  expect(told.filter((kinds) => kinds.length > 0)).toEqual([['clamped']]);
});
