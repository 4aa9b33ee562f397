/** The model's own tokenizer and chat template, from the files of its Hugging Face folder. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { isErrnoError, ProspectError } from '../../core/errors.js';
import { type ChatRenderer, chatRenderer, configuredTemplate } from './chat-template.js';
import { type Encoder, fastEncoder } from './fast-encoder.js';

export interface ModelTokenizer {
  /** @param addSpecialTokens adds what the tokenizer puts around a text (such as a BOS token) */
  readonly encode: Encoder;
  decode(tokenIds: readonly number[], skipSpecialTokens: boolean): string;
  /** The end-of-text token; a few models have none. */
  readonly eosToken: string | undefined;
  readonly eosTokenId: number | undefined;
  /** A conversation as text. @throws ProspectError MODEL_INVALID without a template; the template's own errors */
  readonly renderChat: ChatRenderer;
  /** SHA-256 (hex) of the files that token ids depend on. */
  readonly digest: string;
}

/** @throws ProspectError MODEL_INVALID when the tokenizer is missing or broken */
export async function loadTokenizer(modelFolder: string): Promise<ModelTokenizer> {
  const [tokenizerText, configText, templateText] = await Promise.all([
    readTokenizerFile(join(modelFolder, 'tokenizer.json')),
    readIfThere(join(modelFolder, 'tokenizer_config.json')),
    readIfThere(join(modelFolder, 'chat_template.jinja')),
  ]);
  const config = configText === undefined ? {} : parseObject(configText, join(modelFolder, 'tokenizer_config.json'));
  const { tokenizer, encode } = createTokenizer(tokenizerText, config, join(modelFolder, 'tokenizer.json'));
  const special = specialTokens(config);
  const eosToken = special.eos_token;
  return {
    encode,
    decode: (tokenIds, skipSpecialTokens) =>
      tokenizer.decode([...tokenIds], { skip_special_tokens: skipSpecialTokens, clean_up_tokenization_spaces: false }),
    eosToken,
    eosTokenId: eosToken === undefined ? undefined : tokenizer.token_to_id(eosToken),
    renderChat: chatRenderer(templateText ?? configuredTemplate(config.chat_template), special, modelFolder),
    digest: createHash('sha256')
      .update(JSON.stringify([tokenizerText, configText, templateText]))
      .digest('hex'),
  };
}

function createTokenizer(
  text: string,
  config: Readonly<Record<string, unknown>>,
  file: string,
): { readonly tokenizer: Tokenizer; readonly encode: Encoder } {
  const parsed = parseObject(text, file);
  try {
    const tokenizer = new Tokenizer(parsed, config);
    tokenizer.encode('probe');
    const plain: Encoder = (text, addSpecialTokens) =>
      tokenizer.encode(text, { add_special_tokens: addSpecialTokens }).ids;
    return { tokenizer, encode: fastEncoder(tokenizer, { tokenizer: parsed, config }) ?? plain };
  } catch (error) {
    throw brokenFile(file, error);
  }
}

/** The tokens that tokenizer_config.json names, as text; older files wrap them in objects. */
function specialTokens(config: Readonly<Record<string, unknown>>): Record<string, string> {
  const tokens: Record<string, string> = {};
  for (const [name, value] of Object.entries(config)) {
    const text = typeof value === 'object' && value !== null && 'content' in value ? value.content : value;
    if (name.endsWith('_token') && typeof text === 'string') tokens[name] = text;
  }
  return tokens;
}

function parseObject(text: string, file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    throw brokenFile(file, error);
  }
  throw brokenFile(file, new Error('it does not hold a JSON object'));
}

function brokenFile(file: string, cause: unknown): ProspectError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ProspectError(
    'MODEL_INVALID',
    `${file}: the tokenizer cannot be used: ${reason}; fetch the file of the model’s repository again`,
    { cause },
  );
}

async function readTokenizerFile(file: string): Promise<string> {
  const text = await readIfThere(file);
  if (text !== undefined) return text;
  throw new ProspectError(
    'MODEL_INVALID',
    `${file}: no such file; the model’s folder needs its tokenizer.json. A model that has only tokenizer.model gets one ` +
      'with AutoTokenizer.from_pretrained(model).save_pretrained(folder) in transformers',
  );
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isErrnoError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw new ProspectError('MODEL_INVALID', `${file}: cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
