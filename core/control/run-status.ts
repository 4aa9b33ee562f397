/** How a run stands, as whoever may steer it is told. */
import { z } from 'zod';

const count = z.int().nonnegative();

export const RunStatusSchema = z.object({
  runId: z.string(),
  state: z
    .enum(['waiting', 'restoring', 'training', 'pausing', 'paused', 'saving', 'stopping', 'ended'])
    .describe('waiting: for workers. pausing: the step at work is made first.'),
  step: count.describe('The last committed one; 0 before the first.'),
  totalSteps: count.describe('0: until it is stopped.'),
  stepAtWork: count.optional().describe('None between two steps.'),
  learningRate: z.number().optional().describe('Of the last committed step.'),
  learningRates: z
    .array(z.object({ fromStep: count, learningRate: z.number() }))
    .describe('Peaks set by command, in the order of their first steps.'),
  workers: z.object({ min: count, max: count }),
  members: z.array(
    z.object({ workerId: z.string(), status: z.enum(['loading', 'ready', 'healing', 'following', 'active']) }),
  ),
  snapshotStep: count.describe('0 when there is none.'),
  snapshotAtWork: count.optional().describe('Step of the snapshot that is being written.'),
  setAside: count.describe('Rows left out because their numbers are not finite.'),
  rowsAwaited: z.string().optional().describe('What the next step waits for, for a person, where rows come live.'),
});

export type RunStatus = z.output<typeof RunStatusSchema>;
