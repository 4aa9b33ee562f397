import { describe, expect, it } from 'vitest';
import type { Answer } from './answers.js';
import { sampleLines, shareLine } from './show.js';

const answered = (text: string, desirable: boolean): Answer => ({ prompt: 'Customer: Hi.\nAgent:', text, desirable });

describe('shareLine', () => {
  it('counts the desirable answers', () => {
    const answers = [answered(' a', true), answered(' b', false), answered(' c', false)];
    expect(shareLine('Before', answers)).toContain('33 % of the generated answers are desirable (1 of 3 ');
  });
});

describe('sampleLines', () => {
  it('puts a prompt’s answers of both models below each other, each with its mark', () => {
    const before = [answered(' No.', false), answered(' Never.', false)];
    const after = [answered(' Gladly.', true), answered(' Yes.', true)];
    const lines = sampleLines(1, { name: 'before', answers: before }, { name: 'after', answers: after });
    expect(lines).toEqual(['', '  Customer: Hi.', '  before - No.', '  after  + Gladly.']);
  });
});
