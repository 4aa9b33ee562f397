/**
 * The pretend product: answers customers with the adapter that is current, and sends what they think of each answer. The
 * customers are pretend ones too: the quickstart's judge holds the thumb.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import { publishFeedback } from '../../client/publish-feedback.js';
import { randomFrom } from '../../core/order/mix.js';
import { type Answerer, type OpenRequest, openAnswerer } from '../quickstart/answers.js';
import { situations } from '../quickstart/corpus.js';
import { EXAMPLE_FOLDER as QUICKSTART } from '../quickstart/paths.js';

/** Other customers than those of the quickstart. */
const SEED = 77;
const CUSTOMERS = 2000;

export interface Product {
  /** From the next customer on. @param adapter folder; the base model before the first. */
  serve(adapter: string): Promise<void>;
  /** One customer more. @returns the thumb. */
  answer(): Promise<boolean>;
  close(): void;
}

export async function openProduct(connection: NatsConnection, subject: string, model: OpenRequest): Promise<Product> {
  const heldOut = heldOutPrompts();
  const prompts = situations(randomFrom(SEED), CUSTOMERS)
    .map(({ prompt }) => prompt)
    .filter((prompt) => !heldOut.has(prompt));
  let answerer: Answerer = await openAnswerer(model);
  let customers = 0;
  return {
    async serve(adapter) {
      const next = await openAnswerer({ ...model, adapter });
      answerer.close();
      answerer = next;
    },
    async answer() {
      const customer = customers++;
      const prompt = prompts[customer % prompts.length]!;
      const { text: completion, desirable: label } = answerer.answer(prompt, customer);
      await publishFeedback(connection, subject, { prompt, completion, label }, { id: `customer-${customer}` });
      return label;
    },
    close: () => answerer.close(),
  };
}

function heldOutPrompts(): ReadonlySet<string> {
  const lines = readFileSync(join(QUICKSTART, 'held-out.jsonl'), 'utf8').trimEnd().split('\n');
  return new Set(lines.map((line) => (JSON.parse(line) as { prompt: string }).prompt));
}
