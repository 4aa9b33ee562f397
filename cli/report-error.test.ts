import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ProspectError } from '../core/errors.js';
import { reportError } from './report-error.js';

let written = '';

beforeEach(() => {
  written = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

test('an error is its message, its kind and the exit code of its kind', () => {
  reportError(new ProspectError('MODEL_INVALID', 'model/config.json: no such file'), { debug: false });
  expect(written).toBe('\nerror (MODEL_INVALID): model/config.json: no such file\n');
  expect(process.exitCode).toBe(4);
});

test('the stack, and the cause’s, are shown on request', () => {
  const cause = new Error('underneath');
  reportError(new ProspectError('STORAGE', 'on top', { cause }), { debug: true });
  expect(written).toMatch(/on top\n {4}at .*caused by: Error: underneath\n {4}at /s);
});

test('what nobody foresaw says how to see where it happened', () => {
  reportError(new TypeError('x is not a function'), { debug: false });
  expect(written).toContain('--debug');
  expect(process.exitCode).toBe(1);
});
