/** Events of the training itself: each committed step, each evaluation, and what a person should look at. */
import { z } from 'zod';
import { count, ENVELOPE } from './envelope.js';

/** null: the mean over nothing, or not finite. */
const mean = z.number().nullable();

const BATCH_METRICS = {
  loss: mean,
  entropy: mean.describe('Of the predicted distributions, nats a token.'),
  kl: mean.describe('The reference point that the loss used, nats.'),
  'rewards/chosen': mean,
  'rewards/rejected': mean,
  'rewards/margins': mean,
  'logps/chosen': mean,
  'logps/rejected': mean,
  'logits/chosen': mean,
  'logits/rejected': mean,
  'kl/raw': mean,
  'kl/stderr': mean,
  'kl/clamped': z.boolean(),
  saturation: mean.describe('Share of rows whose loss hardly reacts any more.'),
  desirable_count: count,
  undesirable_count: count,
};

export const StepMetricsSchema = z.object({
  ...BATCH_METRICS,
  epoch: z.number(),
  grad_norm: mean.describe('Before clipping.'),
  learning_rate: z.number(),
  num_tokens: count.describe('Prompt and completion tokens since the start of the run.'),
  examples_per_second: mean,
  tokens_per_second: mean,
  workers: count,
  set_aside: count,
  skipped: z.union([z.literal(0), z.literal(1)]).describe('1: there was no update.'),
  'pairing/own_completion': count,
  'pairing/same_prompt': count,
  'compute/busiest_seconds': z.number(),
  'compute/mean_seconds': z.number(),
  seconds: z.record(z.string(), z.number()).describe('Wall-clock seconds of each phase.'),
});

export const StepEventSchema = z
  .object({
    ...ENVELOPE,
    kind: z.literal('step'),
    step: z.int().positive(),
    metrics: StepMetricsSchema.nullable().describe('null: a power failure kept them from the disk; the step counts.'),
    sequences: z
      .array(count)
      .optional()
      .describe(
        'Of live rows: which it was trained on, by sequence number in their stream; a pair has its number twice.',
      ),
  })
  .describe('A step is committed. Each step of a run comes once, in order.');

export const EvaluationEventSchema = z
  .object({
    ...ENVELOPE,
    kind: z.literal('evaluation'),
    step: count.describe('The last committed step; 0 before training.'),
    metrics: z.object({ ...BATCH_METRICS, epoch: z.number(), accuracy: mean }),
  })
  .describe('The held-out rows were evaluated.');

export const AlarmEventSchema = z
  .object({
    ...ENVELOPE,
    kind: z.literal('alarm'),
    alarm: z.enum(['bothRewardsFalling', 'saturated', 'clamped', 'cluster']),
    message: z.string(),
  })
  .describe('A person should look; the run goes on.');

export const RowsSetAsideEventSchema = z
  .object({
    ...ENVELOPE,
    kind: z.literal('rowsSetAside'),
    step: z.int().positive(),
    reason: z.string(),
    rows: z.array(z.object({ row: count, file: z.string(), line: z.int().positive() })),
  })
  .describe('Rows that are left out from now on.');
