/** The event about what a person wanted of the run. */
import { z } from 'zod';
import { count, ENVELOPE } from './envelope.js';

export const CommandEventSchema = z
  .object({
    ...ENVELOPE,
    kind: z.literal('command'),
    command: z.enum(['pause', 'resume', 'stop', 'snapshot', 'evaluate', 'workers', 'learningRate']),
    outcome: z
      .enum(['accepted', 'unchanged', 'refused'])
      .describe('accepted: it will be as `says` tells. unchanged: it is so already.'),
    says: z.string().describe('The answer: what will happen, and when; or why nothing does.'),
    step: count.optional().describe('The step after which, or from which on. None when it was refused.'),
    reason: z.string().optional().describe('Of stop: what the run ends with.'),
    snapshot: z.boolean().optional().describe('Of stop: with a last snapshot.'),
    workersWait: z.boolean().optional().describe('Of stop: workers wait for the coordinator that is started next.'),
    min: z.number().optional().describe('Of workers, as given.'),
    max: z.number().optional().describe('Of workers, as given.'),
    learningRate: z.number().optional().describe('The peak that was asked for.'),
    fromStep: z.number().optional().describe('Of learningRate, as given.'),
  })
  .describe('A person gave a command, by command line, page, NATS or signal, and was answered.');
