/** The model's chat template: where it is kept, and how a conversation becomes text through it. */
import { Template } from '@huggingface/jinja';
import { ProspectError } from '../../core/errors.js';

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

export type ChatRenderer = (messages: readonly ChatMessage[], addGenerationPrompt: boolean) => string;

/**
 * @param templateText the template; without one the renderer refuses every conversation
 * @param specialTokens bos_token and the like, which templates refer to by these names
 */
export function chatRenderer(
  templateText: string | undefined,
  specialTokens: Readonly<Record<string, string>>,
  modelFolder: string,
): ChatRenderer {
  if (templateText === undefined) {
    return () => {
      throw new ProspectError(
        'MODEL_INVALID',
        `${modelFolder}: the model has no chat template, but rows or prompts are conversations; ` +
          'add a chat_template.jinja to the folder, or write prompt and completion as text',
      );
    };
  }
  const template = parseTemplate(templateText, modelFolder);
  return (messages, addGenerationPrompt) =>
    template.render({ ...specialTokens, messages, add_generation_prompt: addGenerationPrompt });
}

/** The template in tokenizer_config.json: a text, or a list of named ones of which `default` is taken. */
export function configuredTemplate(chatTemplate: unknown): string | undefined {
  if (typeof chatTemplate === 'string') return chatTemplate;
  if (!Array.isArray(chatTemplate)) return undefined;
  const named = chatTemplate as readonly { name?: unknown; template?: unknown }[];
  const chosen = named.find((entry) => entry.name === 'default') ?? named[0];
  return typeof chosen?.template === 'string' ? chosen.template : undefined;
}

function parseTemplate(text: string, modelFolder: string): Template {
  try {
    return new Template(text);
  } catch (error) {
    const reason = (error as Error).message;
    throw new ProspectError('MODEL_INVALID', `${modelFolder}: the chat template cannot be parsed: ${reason}`, {
      cause: error,
    });
  }
}
