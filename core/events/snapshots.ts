/** Events about snapshots. */
import { z } from 'zod';
import { count, ENVELOPE } from './envelope.js';

export const SnapshotWrittenEventSchema = z
  .object({
    ...ENVELOPE,
    kind: z.literal('snapshotWritten'),
    step: count,
    name: z.string(),
    bytes: count,
    seconds: z.number().optional().describe('From the order to what is safe on the disk.'),
  })
  .describe('A snapshot is on the disk; what arrived had the digests that its sender told.');

export const SnapshotVerifiedEventSchema = z
  .object({ ...ENVELOPE, kind: z.literal('snapshotVerified'), step: count, name: z.string() })
  .describe('A snapshot was read back, every file had its digest, and the run goes on from it.');

export const SnapshotFailedEventSchema = z
  .object({
    ...ENVELOPE,
    kind: z.literal('snapshotFailed'),
    step: count,
    during: z.enum(['writing', 'reading']),
    reason: z.string(),
  })
  .describe('A snapshot could not be written, or is damaged and was passed over.');
