/** The configuration's part about answers that a person reads to see what training does. */
import { z } from 'zod';

export const SamplesSchema = z
  .strictObject({
    prompts: z.array(z.string().min(1)).min(1).max(32).describe('Prompts that are answered again and again.'),
    chat: z.boolean().default(false).describe('Puts each through the model’s chat template, as a user’s turn.'),
    maxTokens: z.int().positive().max(4096).default(64).describe('Most tokens of an answer.'),
  })
  .describe(
    'Answers to fixed prompts, of the base model and of each snapshot, on the page and in samples.jsonl. A process of its own makes them on the processor of the coordinator’s machine, when nothing else needs it.',
  );

export type SamplesConfig = Readonly<z.output<typeof SamplesSchema>>;
