/** The configuration's part about adapters that are published while a run goes on. */
import { z } from 'zod';

const positiveInt = z.int().positive();

export const PublishSchema = z
  .strictObject({
    everySteps: positiveInt
      .optional()
      .describe('Publishes the adapter every so many steps; after the last in any case.'),
    everyMinutes: z
      .number()
      .positive()
      .optional()
      .describe('Publishes it at the first step that ends so many minutes after the version before.'),
    keep: positiveInt
      .default(20)
      .describe('How many versions stay; the current one stays in any case. A run can last for months.'),
    gate: z
      .strictObject({
        measure: z
          .enum(['margin', 'chosen'])
          .default('margin')
          .describe('Reward of the held-out rows: chosen minus rejected, or of the chosen ones alone.'),
        tolerance: z
          .number()
          .nonnegative()
          .describe(
            'A version whose measure is lower than that of the last promoted one by more than this is held back.',
          ),
      })
      .optional()
      .describe(
        'Compares each version with the last promoted one (the first with the base: 0). Without it all are promoted.',
      ),
  })
  .describe(
    'Versions of the adapter in <output>/published while the run goes on, each with digests and evaluation; with nats.artifacts also in an object store.',
  );

export type PublishConfig = z.output<typeof PublishSchema>;
export type GateConfig = NonNullable<PublishConfig['gate']>;
