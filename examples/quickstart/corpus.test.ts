import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../core/order/mix.js';
import { answer, type Style, situations } from './corpus.js';

const STYLES: readonly Style[] = ['polite', 'brushOff'];

describe('the corpus', () => {
  it('makes several thousand distinct prompts', () => {
    const prompts = situations(randomFrom(1), 8000).map(({ prompt }) => prompt);
    expect(new Set(prompts).size).toBe(8000);
    for (const prompt of prompts) expect(prompt).toMatch(/^Customer: [A-Z].*[.?]\nAgent:$/);
  });

  it('makes the same text from the same seed, other text from another', () => {
    const text = (seed: number) => {
      const random = randomFrom(seed);
      return situations(random, 20).map((one) => one.prompt + answer(random, one, 'polite'));
    };
    expect(text(5)).toEqual(text(5));
    expect(text(5)).not.toEqual(text(6));
  });

  it('leaves no slot of a template and no doubled space or stop', () => {
    const random = randomFrom(2);
    for (const one of situations(random, 2000)) {
      for (const style of STYLES) expect(answer(random, one, style)).toMatch(/^ (?!.*([{}]| {2}|\.\.)).*\.$/);
    }
  });

  it('names the customer’s item in most answers of either style', () => {
    const random = randomFrom(3);
    const all = situations(random, 1000);
    for (const style of STYLES) {
      const named = all.filter((one) => answer(random, one, style).includes(one.item)).length;
      expect(named / all.length).toBeGreaterThan(0.5);
    }
  });

  it('has no word that tells the styles apart in most answers', () => {
    const random = randomFrom(4);
    const all = situations(random, 1000);
    const sharesOf = (style: Style) => {
      const counts = new Map<string, number>();
      for (const one of all) {
        const words = new Set(
          answer(random, one, style)
            .toLowerCase()
            .match(/[a-z]+/g),
        );
        for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1 / all.length);
      }
      return counts;
    };
    const [polite, brushOff] = [sharesOf('polite'), sharesOf('brushOff')];
    for (const word of new Set([...polite.keys(), ...brushOff.keys()])) {
      expect(Math.abs((polite.get(word) ?? 0) - (brushOff.get(word) ?? 0)), word).toBeLessThan(0.5);
    }
  });

  it('throws when more prompts are asked for than it can make', () => {
    expect(() => situations(() => 0, 2)).toThrow('fewer than 2 distinct prompts');
  });
});
