/** The tokenizer as Hugging Face's libraries read it: tokenizer.json, tokenizer_config.json and the chat template. */

import { byteAlphabet, type Merge } from './byte-pairs.js';

/** Ids 0 to 3, in this order. */
export const SPECIAL_TOKENS = ['<|endoftext|>', '<|im_start|>', '<|im_end|>', '<|pad|>'] as const;
/** Ends an answer. */
export const END_OF_ANSWER = '<|im_end|>';
const PAD = '<|pad|>';

export const CHAT_TEMPLATE = `{% for m in messages %}{{ '<|im_start|>' + m['role'] + '
' + m['content'] + '<|im_end|>' + '
' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant
' }}{% endif %}`;

/** The special tokens, then the bytes in order of their characters, then the merged symbols. */
export function vocabulary(merges: readonly Merge[]): Record<string, number> {
  const symbols = [...SPECIAL_TOKENS, ...byteAlphabet().sort(), ...merges.map(([left, right]) => left + right)];
  return Object.fromEntries([...new Set(symbols)].map((symbol, id) => [symbol, id]));
}

export function tokenizerJson(merges: readonly Merge[]): object {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL_TOKENS.map((content, id) => ({ id, content, ...plain })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: vocabulary(merges),
      merges,
    },
  };
}

export function tokenizerConfig(): object {
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: null,
    eos_token: END_OF_ANSWER,
    pad_token: PAD,
    model_max_length: 256,
    clean_up_tokenization_spaces: false,
  };
}
