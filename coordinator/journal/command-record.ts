/** Commands as the journal and snapshots hold them. */
import { z } from 'zod';

/** Reason of a stop that a person wanted by command, not by a signal to the process. */
export const STOPPED_BY_COMMAND = 'stopped by command';

const count = z.int().nonnegative();

const learningRate = { fromStep: count, learningRate: z.number().positive() };

/** The peak learning rate from a step on. */
export const LearningRateChangeSchema = z.strictObject(learningRate);

const CommandSchema = z.discriminatedUnion('command', [
  z.strictObject({ command: z.enum(['pause', 'resume', 'snapshot', 'evaluate']) }),
  z.strictObject({
    command: z.literal('stop'),
    reason: z.string(),
    snapshot: z.boolean(),
    workersWait: z.boolean().exactOptional(),
  }),
  z.strictObject({ command: z.literal('workers'), min: count, max: count }),
  z.strictObject({ command: z.literal('learningRate'), ...learningRate }),
]);

/** What a person wanted, after this committed step. */
export const CommandRecordSchema = z.strictObject({ kind: z.literal('command'), step: count, command: CommandSchema });
