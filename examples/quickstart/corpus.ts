/**
 * Makes the example's text: prompts of a made-up shop's customers, and for each a polite, helpful answer or a brush-off.
 * Pure: everything random comes from the argument.
 */

import * as phrases from './corpus/phrases.js';
import { pick, type Random } from './corpus/random.js';
import { TOPICS, type Topic } from './corpus/topics.js';

export type Style = 'polite' | 'brushOff';

/** A customer's message with what an answer to it has to mention. */
export interface Situation {
  /** Ends with "Agent:"; the completion goes on after it with a space. */
  readonly prompt: string;
  readonly topic: Topic;
  readonly item: string;
}

/** The share of answers that begin with a sentence which either style may begin with. */
const SHARED_OPENER_SHARE = 0.4;

/** So many situations with different prompts; throws when the corpus cannot make that many. */
export function situations(random: Random, count: number): Situation[] {
  const found = new Map<string, Situation>();
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries > 100 * count) throw new RangeError(`the corpus has fewer than ${count} distinct prompts`);
    const situation = drawSituation(random);
    found.set(situation.prompt, situation);
  }
  return [...found.values()];
}

/** An answer in the style asked for, with the leading space that joins it to the prompt. */
export function answer(random: Random, { topic, item }: Situation, style: Style): string {
  const [openers, middles, closers] =
    style === 'polite'
      ? [phrases.POLITE_OPENERS, phrases.POLITE_MIDDLES, phrases.POLITE_CLOSERS]
      : [phrases.RUDE_OPENERS, phrases.RUDE_MIDDLES, phrases.RUDE_CLOSERS];
  const opener = pick(random, random() < SHARED_OPENER_SHARE ? phrases.SHARED_OPENERS : openers);
  const sentences = [opener, pick(random, middles), pick(random, closers)].join(' ');
  const text = sentences
    .replace('{name}', topic.name)
    .replaceAll('{name}', 'this')
    .replace('{step}', pick(random, topic.steps))
    .replace('{promise}', pick(random, topic.promises));
  return ` ${text.replaceAll('{item}', item)}`;
}

function drawSituation(random: Random): Situation {
  const topic = pick(random, TOPICS);
  const item = pick(random, topic.items);
  const problem = pick(random, topic.problems).replaceAll('{item}', item);
  const message = capitalized(`${pick(random, phrases.GREETINGS)}${problem}${pick(random, phrases.MOODS)}`);
  return { prompt: `Customer: ${message}\nAgent:`, topic, item };
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
