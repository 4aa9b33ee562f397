import { describe, expect, it } from 'vitest';
import { splitConversations, splitTexts } from './implicit-prompt.js';

describe('splitTexts', () => {
  it.each([
    { chosen: 'Q: hi\nA: Yes', rejected: 'Q: hi\nA: No', prompt: 'Q: hi\nA:', why: 'leaves the space with the word' },
    { chosen: 'Q: hi\nA: Sure', rejected: 'Q: hi\nA: Sunny', prompt: 'Q: hi\nA:', why: 'does not cut inside a word' },
    { chosen: 'Q: hi\nYes', rejected: 'Q: hi\nNo', prompt: 'Q: hi\n', why: 'leaves a line end with the prompt' },
    { chosen: 'A: ok', rejected: 'A: ok and more', prompt: 'A:', why: 'leaves a word for the shorter text' },
    {
      chosen: 'A: ok.',
      rejected: 'A: ok. More',
      prompt: 'A:',
      why: 'leaves a word with its stop for the shorter text',
    },
    { chosen: 'A: go left', rejected: 'A: go right', prompt: 'A: go', why: 'keeps whole words that are shared' },
    {
      chosen: '问：好？答：好',
      rejected: '问：好？答：坏',
      prompt: '问：好？答：',
      why: 'cuts at a mark where there are no spaces',
    },
    { chosen: 'A: 😀', rejected: 'A: 😁', prompt: 'A:', why: 'keeps surrogate pairs whole' },
    { chosen: 'Yes', rejected: 'No', prompt: '', why: 'finds nothing in common' },
  ])('$why', ({ chosen, rejected, prompt }) => {
    const split = splitTexts(chosen, rejected);
    expect(split.prompt).toBe(prompt);
    expect(split.prompt + split.chosen).toBe(chosen);
    expect(split.prompt + split.rejected).toBe(rejected);
    expect(split.chosen.length * split.rejected.length).toBeGreaterThan(0);
  });
});

describe('splitConversations', () => {
  it('leaves each side a message when one conversation is the start of the other', () => {
    const message = (content: string) => ({ role: 'user', content });
    const split = splitConversations([message('a'), message('b')], [message('a'), message('b'), message('c')]);
    expect(split).toEqual({
      prompt: [message('a')],
      chosen: [message('b')],
      rejected: [message('b'), message('c')],
    });
  });
});
