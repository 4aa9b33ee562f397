/** The model's own answers to the held-out prompts, and how many of them the judge finds desirable. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTokenizer } from '../../coordinator/dataset/tokenizer.js';
import { generateTokens } from '../../worker/model/generate.js';
import { openModel } from '../../worker/model/open-model.js';
import { isDesirable } from './judge.js';
import { EXAMPLE_FOLDER } from './paths.js';

/** Longer than any answer of the corpus; one that goes on further is cut off, and not desirable. */
const MAX_TOKENS = 64;
/** Prompt i is sampled with this seed plus i, before and after alike. */
const FIRST_SEED = 1000;

export type OpenRequest = Parameters<typeof openModel>[0];

export interface Answer {
  readonly prompt: string;
  readonly text: string;
  readonly desirable: boolean;
}

export function heldOutPrompts(): string[] {
  const lines = readFileSync(join(EXAMPLE_FOLDER, 'held-out-prompts.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => (JSON.parse(line) as { prompt: string }).prompt);
}

/**
 * One answer to each prompt, sampled from the model's own distribution (temperature 1): the most likely answer would be of one
 * style nearly always, however close the other is.
 */
export async function answersOf(request: OpenRequest, prompts: readonly string[]): Promise<Answer[]> {
  const answerer = await openAnswerer(request);
  try {
    return prompts.map((prompt, index) => answerer.answer(prompt, FIRST_SEED + index));
  } finally {
    answerer.close();
  }
}

export interface Answerer {
  answer(prompt: string, seed: number): Answer;
  close(): void;
}

export async function openAnswerer(request: OpenRequest): Promise<Answerer> {
  const tokenizer = await loadTokenizer(request.folder);
  const model = await openModel(request);
  const stopTokenIds = tokenizer.eosTokenId === undefined ? [] : [tokenizer.eosTokenId];
  const sampling = { maxTokens: MAX_TOKENS, temperature: 1, topP: 1, stopTokenIds };
  return {
    answer(prompt, seed) {
      const promptIds = Uint32Array.from(tokenizer.encode(prompt, true));
      const tokenIds = [...generateTokens(model.decoder, promptIds, { ...sampling, seed })];
      const text = tokenizer.decode(tokenIds, true);
      // Without its end an answer is cut off, even where a sentence happens to end there.
      return { prompt, text, desirable: tokenIds.length < MAX_TOKENS && isDesirable(text) };
    },
    close: () => model.dispose(),
  };
}

/** 0 to 1. */
export function desirableShare(answers: readonly Answer[]): number {
  return answers.filter(({ desirable }) => desirable).length / answers.length;
}
