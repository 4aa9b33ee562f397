/**
 * From a row to token ids, as other KTO trainers do it, so that results compare: prompt and prompt with completion are
 * tokenized apart, and the completion is what follows the prompt's length. Texts get the tokenizer's special tokens and
 * an EOS token at the end; conversations get what the chat template writes and nothing else.
 */
import { createHash } from 'node:crypto';
import { ProspectError } from '../../core/errors.js';
import { fillsSequence, type SequenceLimits } from '../../core/sequence.js';
import type { FeedbackRow, RowProblem } from './feedback-row.js';
import type { ModelTokenizer } from './tokenizer.js';

export interface EncodedRow {
  /** At most maxLength tokens, and likewise the completion: no pair of them needs more. */
  readonly prompt: Uint32Array;
  readonly completion: Uint32Array;
  /** The first 64 bits of the whole prompt's SHA-256. */
  readonly promptKey: bigint;
  readonly desirable: boolean;
  /** Prompt and completion together are longer than maxLength. */
  readonly truncated: boolean;
  /** The prompt has other tokens once the completion follows it, so the first completion token may be odd. */
  readonly unstable: boolean;
}

export type EncodeResult =
  | { readonly row: EncodedRow }
  | { readonly problem: RowProblem }
  /** The prompt alone fills maxLength. */
  | { readonly dropped: RowProblem };

export function encodeRow(row: FeedbackRow, tokenizer: ModelTokenizer, limits: SequenceLimits): EncodeResult {
  const texts = row.form === 'text' ? plainTexts(row, tokenizer) : renderedTexts(row, tokenizer);
  if ('problem' in texts) return texts;
  const prompt = tokenizer.encode(texts.prompt, row.form === 'text');
  const whole = tokenizer.encode(texts.whole, row.form === 'text');
  if (prompt.length === 0) return noTokens('prompt', 'the model needs at least one token before a completion');
  if (whole.length <= prompt.length) return noTokens('completion', `prompt and completion have ${whole.length} tokens`);
  if (fillsSequence(prompt.length, limits)) {
    return { dropped: { reason: 'prompt fills data.maxLength', detail: `${prompt.length} tokens` } };
  }
  const { maxLength, truncation } = limits;
  return {
    row: {
      prompt: Uint32Array.from(truncation === 'keepEnd' ? prompt.slice(-maxLength) : prompt),
      completion: Uint32Array.from(whole.slice(prompt.length, prompt.length + maxLength)),
      promptKey: promptKey(prompt),
      desirable: row.desirable,
      truncated: whole.length > maxLength,
      unstable: prompt.some((token, i) => token !== whole[i]),
    },
  };
}

interface Texts {
  readonly prompt: string;
  readonly whole: string;
}

function plainTexts(row: FeedbackRow & { form: 'text' }, tokenizer: ModelTokenizer): Texts {
  const eos = tokenizer.eosToken ?? '';
  const completion = row.completion.endsWith(eos) ? row.completion : row.completion + eos;
  return { prompt: row.prompt, whole: row.prompt + completion };
}

/** Errors of the template itself (such as roles that do not alternate) are the row's; a missing template is not. */
function renderedTexts(
  row: FeedbackRow & { form: 'chat' },
  tokenizer: ModelTokenizer,
): Texts | { readonly problem: RowProblem } {
  try {
    return {
      prompt: tokenizer.renderChat(row.prompt, true),
      whole: tokenizer.renderChat([...row.prompt, ...row.completion], false),
    };
  } catch (error) {
    if (error instanceof ProspectError) throw error;
    return { problem: { reason: 'the chat template refuses the conversation', detail: (error as Error).message } };
  }
}

function noTokens(field: string, detail: string): { readonly problem: RowProblem } {
  return { problem: { reason: `${field} has no tokens`, detail } };
}

function promptKey(prompt: readonly number[]): bigint {
  return createHash('sha256').update(Uint32Array.from(prompt)).digest().readBigUInt64LE();
}
