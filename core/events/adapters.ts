/** Events about adapters that are published while a run goes on. */
import { z } from 'zod';
import { AdapterEvaluationSchema } from '../adapters/manifest.js';
import { count, ENVELOPE } from './envelope.js';

const VERSION = {
  step: count.describe('The adapter is as after this committed step.'),
  adapter: z.int().positive().describe('Its version number.'),
  folder: z.string(),
  sha256: z.string().describe('Of adapter_model.safetensors, hex.'),
  evaluation: AdapterEvaluationSchema.nullable().describe('Of the held-out rows; null where there are none.'),
};

export const AdapterPublishedEventSchema = z
  .object({ ...ENVELOPE, kind: z.literal('adapterPublished'), ...VERSION })
  .describe(
    'A version of the adapter is on the disk and is the current one. Its upload to an object store can follow later; a coordinator that is killed at this moment tells nothing of the version, which is there all the same.',
  );

export const AdapterHeldBackEventSchema = z
  .object({ ...ENVELOPE, kind: z.literal('adapterHeldBack'), ...VERSION, reason: z.string() })
  .describe('A version of the adapter is on the disk, but the gate keeps it from being the current one.');
