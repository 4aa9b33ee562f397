/**
 * Text to token ids, with the ids of words remembered. The library encodes some 2,000 rows a second and spends most of
 * that on words it has seen: its own cache lies behind the costly steps. What decides about ids is still the library's;
 * a tokenizer that does more than cut, normalise and merge is left to it alone.
 */
import { AddedToken, type Tokenizer } from '@huggingface/tokenizers';
import { sectionCutter } from './sections.js';
import { wordSplitter } from './word-splitter.js';

/** Words remembered, some 20 MB; when there are more, all are forgotten. */
const MOST_WORDS = 1 << 17;
/** In characters; longer words seldom come again. */
const LONGEST_WORD = 64;

export type Encoder = (text: string, addSpecialTokens: boolean) => number[];

/** tokenizer.json and tokenizer_config.json, parsed. */
export interface TokenizerFiles {
  readonly tokenizer: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
}

/** @returns undefined for a tokenizer whose ids cannot be put together from words */
export function fastEncoder(tokenizer: Tokenizer, files: TokenizerFiles): Encoder | undefined {
  const added = addedTokens(files);
  const words = wordSplitter(tokenizer.model, tokenizer.pre_tokenizer);
  const bare = frameOf(tokenizer, added, false);
  const framed = frameOf(tokenizer, added, true);
  if (!words || !bare || !framed || movesCuts(added, tokenizer, files)) return undefined;

  const remembered = new Map<string, readonly number[]>();
  const encodeWord = (word: string): readonly number[] => {
    const ids = words.tokensOf(word).map(idLookup(tokenizer, added));
    if (remembered.size >= MOST_WORDS) remembered.clear();
    if (word.length <= LONGEST_WORD) remembered.set(word, ids);
    return ids;
  };
  const cutSections = sectionCutter([...added.keys()]);
  return (text, addSpecialTokens) => {
    const { before, after } = addSpecialTokens ? framed : bare;
    const ids = [...before];
    cutSections(text).forEach((section, index) => {
      const normal = added.has(section) ? section : (tokenizer.normalizer?._call(section) ?? section);
      const token = added.get(normal);
      if (token) ids.push(token.id);
      else if (normal !== '') {
        for (const word of words.split(normal, index)) {
          const known = remembered.get(word) ?? encodeWord(word);
          for (let i = 0; i < known.length; i++) ids.push(known[i]!);
        }
      }
    });
    ids.push(...after);
    return ids;
  };
}

type AddedTokens = ReadonlyMap<string, AddedToken>;

function addedTokens({ tokenizer }: TokenizerFiles): AddedTokens {
  const entries = (tokenizer.added_tokens ?? []) as ConstructorParameters<typeof AddedToken>[0][];
  return new Map(entries.map((entry) => [entry.content, new AddedToken(entry)]));
}

/** Whether cuts are not at the added tokens as they stand, or text is changed before them. */
function movesCuts(added: AddedTokens, { normalizer }: Tokenizer, { config }: TokenizerFiles): boolean {
  const moves = ({ content, lstrip, rstrip, normalized }: AddedToken) =>
    content === '' || lstrip || rstrip || (normalized && normalizer !== null);
  return Boolean(config.remove_space || config.do_lowercase_and_remove_accent) || [...added.values()].some(moves);
}

function idLookup({ model }: Tokenizer, added: AddedTokens): (token: string) => number {
  // The model itself leaves out what it has no token for where it names no unknown one.
  return (token) => added.get(token)?.id ?? model!.tokens_to_ids.get(token) ?? model!.unk_token_id!;
}

/** Stands for the text's own tokens; no vocabulary has it. */
const PROBE = '\0text\0';

/** The ids that are put around a text; undefined when they depend on it. */
function frameOf(
  tokenizer: Tokenizer,
  added: AddedTokens,
  addSpecialTokens: boolean,
): { readonly before: number[]; readonly after: number[] } | undefined {
  const { tokens } = tokenizer.post_processor?._call([PROBE], null, addSpecialTokens) ?? { tokens: [PROBE] };
  const at = tokens.indexOf(PROBE);
  if (at < 0 || tokens.includes(PROBE, at + 1)) return undefined;
  const toId = idLookup(tokenizer, added);
  return { before: tokens.slice(0, at).map(toId), after: tokens.slice(at + 1).map(toId) };
}
