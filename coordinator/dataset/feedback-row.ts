/** The forms that a line of feedback may have, brought to one: prompt, completion and whether it is desirable. */
import type { ChatMessage } from './chat-template.js';
import { type SplitPair, splitConversations, splitTexts } from './implicit-prompt.js';

type Conversation = readonly ChatMessage[];

export type FeedbackRow =
  | { readonly form: 'text'; readonly prompt: string; readonly completion: string; readonly desirable: boolean }
  | {
      readonly form: 'chat';
      readonly prompt: Conversation;
      readonly completion: Conversation;
      readonly desirable: boolean;
    };

/** Why a row cannot be used. The reason is what rows are counted by, the detail is this row's own. */
export interface RowProblem {
  readonly reason: string;
  readonly detail: string;
}

type RowsOrProblem = { readonly rows: readonly FeedbackRow[] } | { readonly problem: RowProblem };

/** Longest piece of a row that is repeated in a message. */
const SHOWN_CHARACTERS = 60;

/** One row of an unpaired line, two of a paired one (chosen, then rejected). */
export function readFeedback(text: string): RowsOrProblem {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return problem('not JSON', (error as Error).message);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return problem('not a JSON object', `found ${shown(value)}`);
  }
  const fields = value as Record<string, unknown>;
  if ('completion' in fields || 'label' in fields) return unpaired(fields);
  if ('chosen' in fields || 'rejected' in fields) return paired(fields);
  const names = Object.keys(fields).join(', ') || 'none';
  return problem('neither prompt, completion and label nor chosen and rejected', `fields found: ${names}`);
}

function unpaired({ prompt, completion, label }: Record<string, unknown>): RowsOrProblem {
  if (typeof label !== 'boolean') return problem('label is not true or false', `found ${shown(label)}`);
  const row = joined(prompt, completion, label, 'completion');
  return 'problem' in row ? row : { rows: [row] };
}

function paired({ prompt, chosen, rejected }: Record<string, unknown>): RowsOrProblem {
  if (chosen !== undefined && JSON.stringify(chosen) === JSON.stringify(rejected)) {
    return problem('chosen and rejected are the same', shown(chosen));
  }
  const pair = prompt === undefined || prompt === null ? splitPair(chosen, rejected) : { prompt, chosen, rejected };
  const good = joined(pair.prompt, pair.chosen, true, 'chosen');
  if ('problem' in good) return good;
  const bad = joined(pair.prompt, pair.rejected, false, 'rejected');
  return 'problem' in bad ? bad : { rows: [good, bad] };
}

/** What is neither two texts nor two conversations is left for `joined` to complain about. */
function splitPair(chosen: unknown, rejected: unknown): SplitPair<unknown> {
  if (typeof chosen === 'string' && typeof rejected === 'string') return splitTexts(chosen, rejected);
  if (isConversation(chosen) && isConversation(rejected)) return splitConversations(chosen, rejected);
  return { prompt: typeof chosen === 'string' ? '' : [], chosen, rejected };
}

function joined(
  prompt: unknown,
  completion: unknown,
  desirable: boolean,
  name: string,
): FeedbackRow | { readonly problem: RowProblem } {
  for (const [field, value] of [
    ['prompt', prompt],
    [name, completion],
  ] as const) {
    if (typeof value !== 'string' && !isConversation(value)) {
      return problem(`${field} is neither a text nor a conversation ([{role, content}])`, `found ${shown(value)}`);
    }
  }
  if (typeof prompt === 'string' && typeof completion === 'string') {
    if (completion === '') return problem(`${name} is empty`, `prompt ${shown(prompt)}`);
    return { form: 'text', prompt, completion, desirable };
  }
  if (isConversation(prompt) && isConversation(completion)) {
    if (completion.length === 0) return problem(`${name} is empty`, `prompt ${shown(prompt)}`);
    if (prompt.length === 0) return problem('prompt is empty', `${name} ${shown(completion)}`);
    return { form: 'chat', prompt, completion, desirable };
  }
  return problem(`prompt and ${name} are a text and a conversation`, `write both in one form; prompt ${shown(prompt)}`);
}

function isConversation(value: unknown): value is Conversation {
  return Array.isArray(value) && value.every(isMessage);
}

function isMessage(value: unknown): value is ChatMessage {
  if (typeof value !== 'object' || value === null) return false;
  const { role, content } = value as Record<string, unknown>;
  return typeof role === 'string' && typeof content === 'string';
}

function problem(reason: string, detail: string): { readonly problem: RowProblem } {
  return { problem: { reason, detail } };
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
