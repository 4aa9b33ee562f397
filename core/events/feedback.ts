/** Events of a run whose rows come while it goes on. */
import { z } from 'zod';
import { count, ENVELOPE } from './envelope.js';

const classes = z.object({ desirable: count, undesirable: count });

export const FeedbackIdleEventSchema = z
  .object({
    ...ENVELOPE,
    kind: z.literal('feedbackIdle'),
    step: z.int().positive().describe('That waits for its rows.'),
    waiting: classes.describe('Rows that no step has yet.'),
    missing: classes.describe('Rows that must come before there can be any batch.'),
    message: z.string(),
  })
  .describe('There are too few live rows for the next step. Told again when rows of another class are missing.');

export const FeedbackResumedEventSchema = z
  .object({
    ...ENVELOPE,
    kind: z.literal('feedbackResumed'),
    step: z.int().positive(),
    seconds: z.number().describe('How long it has waited.'),
  })
  .describe('The step that waited has its rows.');
