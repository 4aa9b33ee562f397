/**
 * The parts of the tokenizer library that its types name but do not reach: they point to one another without file
 * names, which Node's module resolution, and so TypeScript, does not follow.
 */
import * as untyped from '@huggingface/tokenizers';

export interface PreTokenizer {
  pre_tokenize(text: string, options?: { readonly section_index: number }): string[];
}

export interface ByteLevel extends PreTokenizer {
  readonly config: object;
  readonly add_prefix_space: boolean;
  readonly use_regex: boolean;
  /** What it cuts words by, where use_regex is set. */
  readonly pattern: RegExp;
}

export interface Split extends PreTokenizer {
  readonly config: { readonly behavior?: string; readonly invert?: boolean };
  readonly pattern: RegExp;
}

export interface BytePairModel {
  readonly merges: readonly (readonly [string, string])[];
  readonly tokens_to_ids: ReadonlyMap<string, number>;
  readonly unk_token: string | undefined;
  readonly unk_token_id: number | undefined;
  readonly fuse_unk: boolean;
  readonly byte_fallback: boolean;
  /** A word that is a token is taken whole. */
  readonly ignore_merges: boolean;
  readonly end_of_word_suffix: string | undefined;
  readonly continuing_subword_suffix: string | null;
  encode(words: readonly string[]): string[];
}

interface Library {
  readonly BPE: new (config: object) => BytePairModel;
  readonly ByteLevelPreTokenizer: new (config: object) => ByteLevel;
  readonly SplitPreTokenizer: new (config: object) => Split;
  readonly SequencePreTokenizer: new (
    config: object,
  ) => PreTokenizer & {
    readonly tokenizers: readonly (PreTokenizer | null)[];
  };
}

export const library = untyped as unknown as Library;
