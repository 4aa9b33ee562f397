/**
 * Feedback rows with the lengths of real ones: most are short, a few long. The words are the quickstart's, so that rows
 * share a vocabulary; the sense does not matter.
 */
import { randomFrom } from '../../core/order/mix.js';
import { normal, type Random } from '../../examples/quickstart/corpus/random.js';
import { answer, situations } from '../../examples/quickstart/corpus.js';

const SEED = 11;
const TEXTS = 2000;

/** Log-normal lengths, in words (about 1.29 tokens of the quickstart's tokenizer each), cut off at both ends. */
interface Lengths {
  readonly median: number;
  readonly spread: number;
  readonly least: number;
  readonly most: number;
}
const PROMPT: Lengths = { median: 81, spread: 0.6, least: 8, most: 280 };
const COMPLETION: Lengths = { median: 44, spread: 0.7, least: 3, most: 150 };

export interface FeedbackText {
  readonly prompt: string;
  readonly completion: string;
  readonly label: boolean;
}

/** The first rows are the same whatever the count. */
export function makeRows(count: number): FeedbackText[] {
  const words = corpusWords();
  const random = randomFrom(SEED, 1);
  return Array.from({ length: count }, () => ({
    prompt: `${passage(words, random, drawLength(random, PROMPT))}\n`,
    completion: passage(words, random, drawLength(random, COMPLETION)),
    label: random() < 0.5,
  }));
}

/** Rows of equal length, in words. */
export function makeEqualRows(count: number, promptWords: number, completionWords: number): FeedbackText[] {
  const words = corpusWords();
  const random = randomFrom(SEED, 2);
  return Array.from({ length: count }, (_, row) => ({
    prompt: `${passage(words, random, promptWords)}\n`,
    completion: passage(words, random, completionWords),
    label: row % 2 === 0,
  }));
}

function corpusWords(): string[] {
  const random = randomFrom(SEED, 0);
  const texts = situations(random, TEXTS).map((one) => `${one.prompt}${answer(random, one, 'polite')}`);
  return texts.join(' ').split(/\s+/);
}

function drawLength(random: Random, { median, spread, least, most }: Lengths): number {
  return Math.round(Math.min(most, Math.max(least, median * Math.exp(spread * normal(random)))));
}

function passage(words: readonly string[], random: Random, count: number): string {
  const start = Math.floor(random() * (words.length - count));
  return words.slice(start, start + count).join(' ');
}
