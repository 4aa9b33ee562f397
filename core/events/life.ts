/** Events of the run as a whole. */
import { z } from 'zod';
import { count, ENVELOPE } from './envelope.js';

export const RunStartedEventSchema = z
  .object({
    ...ENVELOPE,
    kind: z.literal('runStarted'),
    incarnation: z.int().positive().describe('1, 2, …: one more whenever a coordinator takes up the run.'),
    afterStep: count.describe('The last committed step; 0 at the start of a run.'),
    totalSteps: count.nullable().describe('null: until it is stopped.'),
    method: z.enum(['lora', 'full']),
    loss: z.string(),
    datasetDigest: z.string(),
  })
  .describe('A coordinator has taken up the run.');

export const LeaseTakenEventSchema = z
  .object({
    ...ENVELOPE,
    kind: z.literal('leaseTaken'),
    holder: z.string().describe('Process and host of the coordinator that leads from now on.'),
    epoch: z.int().positive().describe('Of its part of the journal: rises with every coordinator that leads.'),
  })
  .describe('A coordinator has the lease of the run.');

export const LeaseLostEventSchema = z
  .object({
    ...ENVELOPE,
    kind: z.literal('leaseLost'),
    holder: z.string().describe('Process and host of the coordinator that led until now.'),
    epoch: count,
  })
  .describe('A coordinator was killed, stopped or cut off, and another has taken over; its successor tells it.');

export const RunPausedEventSchema = z
  .object({
    ...ENVELOPE,
    kind: z.literal('runPaused'),
    because: z.enum(['tooFewWorkers', 'command']),
    message: z.string(),
  })
  .describe('No step is made until the run is resumed.');

export const RunResumedEventSchema = z
  .object({ ...ENVELOPE, kind: z.literal('runResumed'), workers: count })
  .describe('Training begins, or goes on.');

export const RunWentBackEventSchema = z
  .object({
    ...ENVELOPE,
    kind: z.literal('runWentBack'),
    step: count.describe('Of the snapshot; 0: the base model.'),
    again: count.describe('Committed steps that are made again with the same bits. They are not told again.'),
    stepsAreOthers: z
      .boolean()
      .describe('The configuration was changed on purpose: later steps come out otherwise, and are told anew.'),
  })
  .describe('No worker had the state: the run goes on from a snapshot.');

export const RunFinishedEventSchema = z
  .object({
    ...ENVELOPE,
    kind: z.literal('runFinished'),
    step: count,
    folder: z.string(),
    sha256: z.string().describe('Of the saved safetensors file, hex.'),
    parameterDigest: z.string().describe('SHA-256 of the trained parameters, hex.'),
  })
  .describe('All steps are made and the result is saved.');

export const RunStoppedEventSchema = z
  .object({ ...ENVELOPE, kind: z.literal('runStopped'), step: count, reason: z.string() })
  .describe('The run was interrupted on purpose; it can be resumed.');

export const RunFailedEventSchema = z
  .object({ ...ENVELOPE, kind: z.literal('runFailed'), step: count, code: z.string(), message: z.string() })
  .describe('The run has ended with an error.');
