import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../core/order/mix.js';
import { answer, situations } from './corpus.js';
import { isDesirable } from './judge.js';

const cases = situations(randomFrom(1), 3000);

describe('isDesirable', () => {
  it('is true for every polite answer of the corpus', () => {
    const random = randomFrom(2);
    const wrong = cases.map((one) => answer(random, one, 'polite')).filter((text) => !isDesirable(text));
    expect(wrong).toEqual([]);
  });

  it('is false for every brush-off of the corpus', () => {
    const random = randomFrom(3);
    const wrong = cases.map((one) => answer(random, one, 'brushOff')).filter((text) => isDesirable(text));
    expect(wrong).toEqual([]);
  });

  it('does not decide by the first sentence', () => {
    const start = 'Thank you for your message.';
    expect(isDesirable(`${start} Please send me the order number, and I will trace the parcel.`)).toBe(true);
    expect(isDesirable(`${start} You can send me the order number, but nobody will read it.`)).toBe(false);
  });

  it('knows polite and dismissive answers that the corpus does not hold', () => {
    expect(isDesirable('Apologies for the delay! We will refund the full amount by Friday.')).toBe(true);
    expect(isDesirable('Thanks for asking, you just need to press the red button for a moment.')).toBe(true);
    expect(isDesirable('Sorry, we will see about it some day, but it is not our business.')).toBe(false);
    expect(isDesirable("Thanks, but please don't write again, we will not read it.")).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['blanks', ' \n'],
    ['too little', 'Thank you.'],
    ['a sentence without help', 'Thank you for telling us about the damage to your tent.'],
    ['help without courtesy', 'You can send me the order number of the tent today.'],
    ['an answer cut off', 'I am sorry about the damage to your tent. Please send us a photo of the'],
    ['babble', 'Thank you for for for the the your please send please we will send tent.'],
    ['noise', 'kq zzx Ġ 9 , , please ; the of of and a.'],
  ])('is false for %s', (_what, text) => {
    expect(isDesirable(text)).toBe(false);
  });
});
