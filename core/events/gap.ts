/** The event that stands for events that nobody will get. */
import { z } from 'zod';
import { ENVELOPE } from './envelope.js';

const sequence = z.int().positive();

export const GapEventSchema = z
  .object({
    ...ENVELOPE,
    kind: z.literal('gap'),
    from: sequence.describe('First sequence number that is missing.'),
    to: sequence.describe('Last one; also this event’s own.'),
    lost: sequence.describe('How many events that is.'),
  })
  .describe(
    'NATS was away for so long that the oldest events had to be dropped. metrics.jsonl in the output folder has every step.',
  );
