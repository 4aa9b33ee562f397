import { expect, test } from 'vitest';
import { nextName, parseName } from './names.js';
import { superfluous } from './retention.js';

/** Names, newest first; those with a mark are damaged. */
function removedOf(existing: string[], written: string, keep: number): string[] {
  const listed = existing.map((text) => ({ ...parseName(text.replace('!', ''))!, looksWhole: !text.endsWith('!') }));
  return superfluous(listed, parseName(written)!, keep).map(({ name }) => name);
}

test('the last good ones stay', () => {
  const existing = ['step-000040', 'step-000030', 'step-000020', 'step-000010'];
  expect(removedOf(existing, 'step-000040', 3)).toEqual(['step-000010']);
  expect(removedOf(existing, 'step-000040', 1)).toEqual(['step-000030', 'step-000020', 'step-000010']);
  expect(removedOf(existing, 'step-000040', 9)).toEqual([]);
});

test('damaged ones do not count, and go with the old ones', () => {
  const existing = ['step-000050', 'step-000040!', 'step-000030', 'step-000020!', 'step-000010'];
  expect(removedOf(existing, 'step-000050', 2)).toEqual(['step-000020', 'step-000010']);
  expect(removedOf(existing, 'step-000050', 3)).toEqual([]);
});

test('later steps and earlier tries of the step go, whatever they look like, and the written one stays', () => {
  const existing = ['step-000060', 'step-000050-2', 'step-000050', 'step-000040'];
  expect(removedOf(existing, 'step-000050-2', 1)).toEqual(['step-000060', 'step-000050', 'step-000040']);
  expect(removedOf(existing, 'step-000050-2', 2)).toEqual(['step-000060', 'step-000050']);
});

test('names count steps and tries', () => {
  expect(nextName(123, []).name).toBe('step-000123');
  expect(nextName(123, [parseName('step-000123')!, parseName('step-000123-4')!]).name).toBe('step-000123-5');
  expect(parseName(nextName(1_234_567, []).name)).toEqual({ name: 'step-1234567', step: 1_234_567, attempt: 1 });
  for (const other of ['step-12', '.step-000123.partial', 'step-000123.old']) expect(parseName(other)).toBeUndefined();
});
