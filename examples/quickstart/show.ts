/** The example's words in the terminal. */

import { type Answer, desirableShare } from './answers.js';

export const INTRODUCTION = `
Prospect quickstart: teach a small support assistant some manners.

The base model (0.9 million weights, in examples/quickstart/base) answers customers politely about half of the time and brushes
them off the other half. Two workers now train an adapter with KTO on 400 thumbs up and down (feedback.jsonl). Before and after, the
model answers prompts that it has never seen, and a judge (judge.ts) counts the polite and helpful answers.
`;

export function shareLine(when: string, answers: readonly Answer[]): string {
  const good = answers.filter(({ desirable }) => desirable).length;
  const percent = Math.round(100 * desirableShare(answers));
  return `${when}: ${percent} % of the generated answers are desirable (${good} of ${answers.length} held-out prompts)`;
}

/** A few prompts with their answers, marked + when desirable; with answers of several models, one below the other. */
export function sampleLines(
  count: number,
  ...columns: readonly { name: string; answers: readonly Answer[] }[]
): string[] {
  const prompts = columns[0]?.answers.slice(0, count).map(({ prompt }) => prompt) ?? [];
  const width = Math.max(...columns.map(({ name }) => name.length));
  return prompts.flatMap((prompt, index) => [
    '',
    `  ${prompt.replace(/\nAgent:$/, '')}`,
    ...columns.map(({ name, answers }) => answerLine(name.padEnd(width), answers[index])),
  ]);
}

function answerLine(name: string, answer: Answer | undefined): string {
  return `  ${name} ${answer?.desirable ? '+' : '-'} ${answer?.text.trim()}`;
}
