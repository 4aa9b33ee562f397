/** Remembered words must give the ids that the library gives, whatever a tokenizer is made of. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../core/order/mix.js';
import { fastEncoder, type TokenizerFiles } from './fast-encoder.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folders = [
  'test/parity/data/qwen2-lora-chat/model',
  'test/parity/data/gpt2-full/model',
  'examples/quickstart/base',
];

type Json = Readonly<Record<string, unknown>>;

async function filesOf(folder: string, change: Json = {}, config: Json = {}): Promise<TokenizerFiles> {
  const tokenizer = JSON.parse(await readFile(join(root, folder, 'tokenizer.json'), 'utf8')) as Json;
  return { tokenizer: { ...tokenizer, ...change }, config };
}

/** Words, spaces, bytes beyond ASCII, halves of surrogate pairs, and added tokens, whole and cut. */
const PIECES = [
  ..."ab e  \n\t'.,!12é日🎉▁<|>\u0301\ud83d",
  ' the',
  'ing',
  "'ll",
  '<|im_end|>',
  '<|endoftext|>',
  '<|im_',
  '\r\n',
];

function randomTexts(count: number): string[] {
  const next = randomFrom(7);
  const draw = (below: number) => Math.floor(next() * below);
  return Array.from({ length: count }, () =>
    Array.from({ length: draw(30) }, () => PIECES[draw(PIECES.length)]!).join(''),
  );
}

const TEXTS = [
  '',
  ' ',
  'Hello, world',
  'a'.repeat(300),
  '  two  spaces\n\nand lines ',
  'Where is my order?',
  ...randomTexts(400),
];

/** @returns whether the tokenizer is one whose words are remembered */
function expectSameIds(files: TokenizerFiles): boolean {
  const tokenizer = new Tokenizer(files.tokenizer, files.config);
  const fast = fastEncoder(tokenizer, files);
  if (fast === undefined) return false;
  for (const text of [...TEXTS, ...TEXTS]) {
    for (const special of [true, false]) {
      const expected = tokenizer.encode(text, { add_special_tokens: special }).ids;
      expect(fast(text, special), JSON.stringify(text)).toEqual(expected);
    }
  }
  return true;
}

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, use_regex: true };
const wholeBytes = { ...byteLevel, use_regex: false };
const llama3 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const split = (Regex: string, behavior = 'Isolated') => ({
  type: 'Split',
  pattern: { Regex },
  behavior,
  invert: false,
});
const inSequence = (...pretokenizers: object[]) => ({ pre_tokenizer: { type: 'Sequence', pretokenizers } });
const surrounded = {
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '<|im_start|>', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '<|im_end|>', type_id: 0 } },
    ],
    pair: [],
  },
};
const addedToken = (settings: object) => ({
  added_tokens: [{ id: 2, content: '<|im_end|>', special: true, ...settings }],
});

describe('remembered words', () => {
  it.each(folders)('give the ids of the library with the tokenizer of %s', async (folder) => {
    expect(expectSameIds(await filesOf(folder))).toBe(true);
  });

  it.each([
    { name: 'Llama 3 and Qwen', change: inSequence(split(llama3), wholeBytes) },
    { name: 'SmolLM', change: inSequence({ type: 'Digits', individual_digits: true }, byteLevel) },
    { name: 'a split that leaves gaps', change: inSequence(split('\\p{L}+'), wholeBytes) },
    { name: 'a split that removes', change: inSequence(split('\\s+', 'Removed'), wholeBytes) },
    { name: 'a normalizer', change: { normalizer: { type: 'NFC' } } },
    { name: 'no pre-tokenizer', change: { pre_tokenizer: null } },
    { name: 'tokens around the text', change: surrounded },
    { name: 'no added tokens', change: { added_tokens: [] } },
  ])('give them with $name', async ({ change }) => {
    expect(expectSameIds(await filesOf(folders[0]!, change))).toBe(true);
  });

  it('give them with words that begin with ▁ and bytes for what is unknown, as in Llama 2 and Mistral', async () => {
    const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`);
    const tokens = ['<unk>', ...bytes, '▁', '▁▁', ...'abehint', 'in', '▁a', '▁b', '▁▁a', 'th', 'the', '▁the'];
    const model = {
      type: 'BPE',
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: ['▁ ▁', '▁ a', 't h', 'th e', 'i n', '▁ the', '▁▁ a', '▁ b'],
      unk_token: '<unk>',
      fuse_unk: true,
      byte_fallback: true,
    };
    const space = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
    const normalizer = { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, space] };
    const change = { model, normalizer, pre_tokenizer: null, post_processor: null, added_tokens: [] };
    expect(expectSameIds(await filesOf(folders[0]!, change))).toBe(true);
    const crossing = { ...model, vocab: { ...model.vocab, 'a▁b': tokens.length }, merges: [...model.merges, 'a ▁b'] };
    expect(expectSameIds(await filesOf(folders[0]!, { ...change, model: crossing }))).toBe(true);
  });

  it.each([
    { name: 'a space is put in front', change: { pre_tokenizer: { ...byteLevel, add_prefix_space: true } } },
    { name: 'an added token takes the space beside it', change: addedToken({ lstrip: true }) },
    {
      name: 'added tokens are found after normalising',
      change: { ...addedToken({ normalized: true }), normalizer: { type: 'NFC' } },
    },
  ])('are not used where $name', async ({ change }) => {
    expect(expectSameIds(await filesOf(folders[0]!, change))).toBe(false);
  });

  it('are not used where tokenizer_config.json changes the text', async () => {
    expect(expectSameIds(await filesOf(folders[0]!, {}, { remove_space: true }))).toBe(false);
  });
});
