import { describe, expect, it } from 'vitest';
import { byteAlphabet, learnMerges } from './byte-pairs.js';

describe('byteAlphabet', () => {
  it('gives every byte a character of its own, a blank Ġ and a line feed Ċ', () => {
    const alphabet = byteAlphabet();
    expect(new Set(alphabet).size).toBe(256);
    expect([alphabet[32], alphabet[10], alphabet[65], alphabet[0xe9]]).toEqual(['Ġ', 'Ċ', 'A', 'é']);
  });
});

describe('learnMerges', () => {
  it('merges the most frequent pair first, and then goes on with what that made', () => {
    expect(learnMerges(['low low low lower'], 3)).toEqual([
      ['l', 'o'],
      ['lo', 'w'],
      ['Ġ', 'low'],
    ]);
  });

  it('breaks ties by the order of the characters, whichever came first in the text', () => {
    expect(learnMerges(['yx yx ba ba'], 1)).toEqual(learnMerges(['ba ba yx yx'], 1));
  });

  it('stops when no pair occurs twice', () => {
    expect(learnMerges(['ab'], 10)).toEqual([]);
  });

  it('never merges across words', () => {
    const merges = learnMerges(['one two one two one two'], 100);
    expect(merges.map(([left, right]) => left + right)).not.toContain('oneĠtwo');
  });

  it('merges a run of one character from the left', () => {
    expect(learnMerges(['aaaaa aaaaa'], 2)).toEqual([
      ['a', 'a'],
      ['aa', 'a'],
    ]);
  });
});
