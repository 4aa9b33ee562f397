/**
 * Cuts text into words that a byte-pair model encodes independently of one another, so that their token ids can be
 * remembered. A word is what reaches the model by itself: the tokenizer's pre-tokenizers cut there, or no merge of the
 * model crosses the place.
 */
import { type BytePairModel, library, type PreTokenizer, type Split } from './tokenizer-library.js';

export interface WordSplitter {
  /** @param section number of the text among those that added tokens part */
  split(text: string, section: number): readonly string[];
  /** The tokens of a word, as the model names them. */
  tokensOf(word: string): string[];
}

/** What SentencePiece writes for a space, at the start of a word. */
const WORD_START = '▁';
const BYTES = 256;

/** @returns undefined where words are not independent, or the model is no byte-pair model. */
export function wordSplitter(model: unknown, preTokenizer: PreTokenizer | null): WordSplitter | undefined {
  if (!(model instanceof library.BPE) || mayFuse(model)) return undefined;
  const stages = stagesOf(preTokenizer);
  const last = stages.at(-1);
  if (last instanceof library.ByteLevelPreTokenizer) {
    if (last.add_prefix_space) return undefined;
    const cut = stages.slice(0, -1).map(cutWith);
    if (last.use_regex) cut.push((text) => text.match(last.pattern) ?? []);
    const bytes = new library.ByteLevelPreTokenizer({ ...last.config, use_regex: false });
    return { split: inTurn(cut), tokensOf: (word) => model.encode(bytes.pre_tokenize(word)) };
  }
  const cut = stages.map(cutWith);
  if (startsWords(model)) cut.push((text) => text.match(WORD) ?? []);
  return { split: inTurn(cut), tokensOf: (word) => model.encode([word]) };
}

type Cut = (text: string, section: number) => readonly string[];

/** A run of word starts and what follows it. */
const WORD = new RegExp(`${WORD_START}*[^${WORD_START}]+|${WORD_START}+`, 'g');
const CROSSING = new RegExp(`[^${WORD_START}]${WORD_START}`);

function stagesOf(preTokenizer: PreTokenizer | null): PreTokenizer[] {
  if (preTokenizer === null) return [];
  if (!(preTokenizer instanceof library.SequencePreTokenizer)) return [preTokenizer];
  return preTokenizer.tokenizers.flatMap(stagesOf);
}

function cutWith(stage: PreTokenizer): Cut {
  const cut: Cut = (text, section) => stage.pre_tokenize(text, { section_index: section });
  if (!(stage instanceof library.SplitPreTokenizer) || !keepsMatches(stage)) return cut;
  const { pattern } = stage;
  // Where matches fill the text they are its pieces, and asking the library would take three times as long.
  return (text, section) => {
    const matches: readonly string[] = text.match(pattern) ?? [];
    const length = matches.reduce((sum, match) => sum + match.length, 0);
    return length === text.length && !matches.includes('') ? matches : cut(text, section);
  };
}

function keepsMatches({ config: { invert, behavior } }: Split): boolean {
  return !invert && behavior?.toLowerCase() === 'isolated';
}

function inTurn(cuts: readonly Cut[]): Cut {
  const [first, ...others] = cuts;
  if (first === undefined) return (text) => [text];
  return (text, section) =>
    others.reduce((pieces, cut) => pieces.flatMap((piece) => cut(piece, section)), first(text, section));
}

/** Whether unknown tokens of neighbouring words can become one: not where every byte is a token. */
function mayFuse(model: BytePairModel): boolean {
  if (!model.fuse_unk) return false;
  const hasByte = (byte: number) => model.tokens_to_ids.has(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const isNeverUnknown = model.byte_fallback && Array.from({ length: BYTES }, (_, byte) => byte).every(hasByte);
  return !isNeverUnknown || model.merges.some(([left, right]) => left + right === model.unk_token);
}

/** Whether a word start never follows anything else within a token, so that merges end there. */
function startsWords(model: BytePairModel): boolean {
  const { merges, ignore_merges: takesWhole, end_of_word_suffix: atEnd, continuing_subword_suffix: within } = model;
  if (takesWhole || atEnd || within) return false;
  return merges.every(([left, right]) => !CROSSING.test(left + right));
}
