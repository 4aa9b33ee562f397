/**
 * Byte-pair encoding, the training half: which pairs of symbols to merge, most frequent first. Text is seen as Hugging Face's
 * `ByteLevel` sees it: cut into words by GPT-2's pattern, each byte written as one printable character.
 */

const WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

export type Merge = readonly [left: string, right: string];

interface Word {
  symbols: readonly string[];
  readonly count: number;
}

/** The character that stands for each byte: printable ones for themselves, the others from U+0100 on, as in GPT-2. */
export function byteAlphabet(): string[] {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 255 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}

/** At most `count` merges in the order in which they apply; fewer when no pair occurs twice. Ties go to the pair first in code-unit order. */
export function learnMerges(texts: Iterable<string>, count: number): Merge[] {
  const words = countWords(texts);
  const merges: Merge[] = [];
  while (merges.length < count) {
    const best = mostFrequentPair(words);
    if (best === undefined) break;
    merges.push(best);
    for (const word of words) word.symbols = applyMerge(word.symbols, best);
  }
  return merges;
}

function countWords(texts: Iterable<string>): Word[] {
  const alphabet = byteAlphabet();
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of text.match(WORDS) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => ({
    symbols: Array.from(Buffer.from(word), (byte) => alphabet[byte] as string),
    count,
  }));
}

/** The pair that occurs most often, and more than once. */
function mostFrequentPair(words: readonly Word[]): Merge | undefined {
  const counts = new Map<string, number>();
  for (const { symbols, count } of words) {
    for (let index = 1; index < symbols.length; index += 1) {
      const pair = `${symbols[index - 1]} ${symbols[index]}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  let [best, bestCount] = ['', 1];
  for (const [pair, count] of counts) {
    if (count > bestCount || (count === bestCount && best !== '' && pair < best)) [best, bestCount] = [pair, count];
  }
  const [left, right] = best.split(' ');
  return left !== undefined && right !== undefined ? [left, right] : undefined;
}

function applyMerge(symbols: readonly string[], [left, right]: Merge): readonly string[] {
  const merged: string[] = [];
  for (let index = 0; index < symbols.length; index += 1) {
    const together = symbols[index] === left && symbols[index + 1] === right;
    merged.push(together ? left + right : (symbols[index] as string));
    if (together) index += 1;
  }
  return merged;
}
