/** What every event of a run has, whatever it tells. */
import { z } from 'zod';

/** Counts changes that a consumer must know of. New kinds and new fields are none: what is not known is to be ignored. */
export const EVENT_VERSION = 1;

export const count = z.int().nonnegative();

export const ENVELOPE = {
  version: z.literal(EVENT_VERSION),
  sequence: z.int().positive().describe('1, 2, … within the run, without holes; a gap event stands for what was lost.'),
  run: z.string().describe('Id of the run.'),
  time: z.iso.datetime().describe('When it was told, by the coordinator’s clock.'),
};
