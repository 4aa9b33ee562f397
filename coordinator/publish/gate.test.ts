import { expect, test } from 'vitest';
import { judge } from './gate.js';

function evaluated(margin: number | null, chosen = 0) {
  return { loss: 0.5, 'rewards/chosen': chosen, 'rewards/rejected': 0, 'rewards/margins': margin, accuracy: 0.5 };
}

const GATE = { measure: 'margin', tolerance: 0.1 } as const;

test('a version that is as good within the tolerance is promoted, a worse one is held back with both figures', () => {
  const last = { version: 3, evaluation: evaluated(0.5) };
  expect(judge(evaluated(0.4), last, GATE).promoted).toBe(true);
  expect(judge(evaluated(0.39), last, GATE)).toEqual({
    promoted: false,
    reason: 'held-out rewards/margins 0.3900 is below 0.5000 of version 3 by more than 0.1',
  });
});

test('the first version is compared with the base, whose rewards are 0', () => {
  expect(judge(evaluated(-0.05), undefined, GATE).promoted).toBe(true);
  expect(judge(evaluated(-0.2), undefined, GATE).promoted).toBe(false);
});

test('the chosen reward counts where the gate says so', () => {
  const gate = { measure: 'chosen', tolerance: 0 } as const;
  const last = { version: 1, evaluation: evaluated(0.5, 0.2) };
  expect(judge(evaluated(0.9, 0.1), last, gate).promoted).toBe(false);
  expect(judge(evaluated(0.1, 0.2), last, gate).promoted).toBe(true);
});

test('what cannot be judged is held back, and without a gate everything is promoted', () => {
  expect(judge(evaluated(null), undefined, GATE).promoted).toBe(false);
  expect(judge(null, undefined, GATE).promoted).toBe(false);
  expect(judge(null, { version: 1, evaluation: evaluated(9) }, undefined).promoted).toBe(true);
});
