import { expect, test } from 'vitest';
import { exampleMetrics } from '../../test/builders/example-metrics.js';
import { showProgress } from './progress.js';
import { barLine, timeLeftMs } from './progress-lines.js';
import type { StepMetrics } from './step-metrics.js';

const ERASE_LINE = '\r\u001b[2K';
const STEP: StepMetrics = exampleMetrics({ step: 3 });

function stream(isTTY: boolean) {
  const written: string[] = [];
  return { written, isTTY, columns: 80, write: (text: string) => written.push(text) };
}

test('a pipe gets plain lines', () => {
  const target = stream(false);
  const progress = showProgress({ stream: target, totalSteps: 12, now: () => 0 });
  progress.step(STEP);
  progress.note('a warning');
  progress.close();
  expect(target.written.join('')).toBe(
    'step  3/12  loss 0.4312  kl 0.12  chosen +0.310  rejected −0.220  margin +0.530  lr 9.1e-5  2.0 s\na warning\n',
  );
});

test('a terminal keeps the bar below the lines and loses it at the end', () => {
  const target = stream(true);
  let time = 0;
  const progress = showProgress({ stream: target, totalSteps: 12, now: () => time });
  time = 30_000;
  progress.step(STEP);
  const shown = target.written.at(-1) ?? '';
  expect(shown.startsWith(ERASE_LINE)).toBe(true);
  expect(shown.slice(ERASE_LINE.length)).toMatch(/^step {2}3\/12.*\n█+░+ {2}25 % {2}step 3\/12 {2}1 min 30 s left$/);
  progress.close();
  progress.note('after');
  expect(target.written.slice(-2)).toEqual([ERASE_LINE, 'after\n']);
});

test('the bar never fills the last column', () => {
  const state = { step: 7, totalSteps: 1000, elapsedMs: 70_000 };
  for (const columns of [0, 8, 20, 40, 50, 80, 300]) {
    expect(barLine(state, columns).length).toBeLessThanOrEqual(Math.max(0, columns - 1));
  }
});

test('time left is unknown before the first step and nothing after the last', () => {
  expect(timeLeftMs({ step: 0, totalSteps: 4, elapsedMs: 10 })).toBeUndefined();
  expect(timeLeftMs({ step: 1, totalSteps: 4, elapsedMs: 10 })).toBe(30);
  expect(timeLeftMs({ step: 4, totalSteps: 4, elapsedMs: 10 })).toBe(0);
});
