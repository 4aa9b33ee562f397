/**
 * Pairs without a prompt: what chosen and rejected have in common at their start is the prompt. The cut falls before a
 * word and the space in front of it, never inside a word: tokenizers join a space with the word after it, and the
 * completion's tokens must not depend on where the prompt ends.
 */
import type { ChatMessage } from './chat-template.js';

/** How far back a cut looks for a space; scripts without spaces are cut where the texts part. */
const WORD_CHARACTERS = 48;
const WORD_CHARACTER = /[\p{L}\p{M}\p{N}]/u;

export interface SplitPair<T> {
  readonly prompt: T;
  readonly chosen: T;
  readonly rejected: T;
}

export function splitTexts(chosen: string, rejected: string): SplitPair<string> {
  const cut = cutBeforeWord(
    chosen,
    rejected,
    commonLength(chosen, rejected, (a, b) => a === b),
  );
  return { prompt: chosen.slice(0, cut), chosen: chosen.slice(cut), rejected: rejected.slice(cut) };
}

export function splitConversations(
  chosen: readonly ChatMessage[],
  rejected: readonly ChatMessage[],
): SplitPair<readonly ChatMessage[]> {
  const same = (a: ChatMessage, b: ChatMessage) => JSON.stringify(a) === JSON.stringify(b);
  const common = commonLength(chosen, rejected, same);
  const cut = Math.min(common, chosen.length - 1, rejected.length - 1);
  return { prompt: chosen.slice(0, cut), chosen: chosen.slice(cut), rejected: rejected.slice(cut) };
}

function commonLength<T>(a: ArrayLike<T>, b: ArrayLike<T>, same: (x: T, y: T) => boolean): number {
  let length = 0;
  while (length < a.length && length < b.length && same(a[length]!, b[length]!)) length++;
  return length;
}

function cutBeforeWord(chosen: string, rejected: string, common: number): number {
  const before = chosen.slice(Math.max(0, common - WORD_CHARACTERS), common);
  const start = before.search(wordToMove(chosen, rejected, common));
  const isLongerThanAnyWord = start === 0 && common > before.length;
  let cut = start < 0 || isLongerThanAnyWord ? common : common - (before.length - start);
  if (isHighSurrogate(chosen, cut - 1)) cut--;
  return chosen[cut - 1] === ' ' ? cut - 1 : cut;
}

/** What must move from the prompt's end to the completions: half a word, or a word where one text is the other's start. */
function wordToMove(chosen: string, rejected: string, common: number): RegExp {
  if (common === chosen.length || common === rejected.length) return /\S+\s*$/u;
  const splitsWord = WORD_CHARACTER.test(chosen[common]!) || WORD_CHARACTER.test(rejected[common]!);
  return splitsWord ? /[\p{L}\p{M}\p{N}]+$/u : /$^/;
}

function isHighSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdbff;
}
