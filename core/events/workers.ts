/** Events about who computes. */
import { z } from 'zod';
import { count, ENVELOPE } from './envelope.js';

const worker = z.string().describe('Id of the worker.');
const session = count.describe('Number of the connection, within one coordinator.');

export const WorkerJoinedEventSchema = z
  .object({ ...ENVELOPE, kind: z.literal('workerJoined'), worker, session })
  .describe('A worker has connected.');

export const WorkerLeftEventSchema = z
  .object({ ...ENVELOPE, kind: z.literal('workerLeft'), worker, session, reason: z.string() })
  .describe('A worker’s connection has ended: it left, was lost, or was refused.');

export const WorkerExpelledEventSchema = z
  .object({ ...ENVELOPE, kind: z.literal('workerExpelled'), worker, session, reason: z.string() })
  .describe('A worker gave other bits than the others. It heals, and may come in again.');

export const GenerationChangedEventSchema = z
  .object({
    ...ENVELOPE,
    kind: z.literal('generationChanged'),
    generation: count,
    workers: z.array(worker).describe('Who takes part from now on, by rank.'),
  })
  .describe('The set of workers that compute has changed.');
