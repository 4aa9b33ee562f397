import { describe, expect, it } from 'vitest';
import { applyPatch, type Patch } from './patches.js';

const patch: Patch = {
  file: 'binding/x.cc',
  why: 'a reason',
  from: 'static int a;',
  to: 'static thread_local int a; // $&',
};

describe('a patch', () => {
  it('replaces its place and nothing else, whatever characters it holds', () => {
    expect(applyPatch('int b;\nstatic int a;\n', patch)).toBe('int b;\nstatic thread_local int a; // $&\n');
  });

  it('that finds no place is an error which names the file and the reason', () => {
    expect(() => applyPatch('int b;', patch)).toThrow(/binding\/x\.cc \(a reason\).*0 times/);
  });

  it('that finds two places is an error', () => {
    expect(() => applyPatch('static int a;static int a;', patch)).toThrow(/2 times/);
  });
});
