/** What the journal holds, one record a line: the facts that a coordinator which starts again must know. */
import { z } from 'zod';
import { FeedbackPositionSchema } from '../feedback/position.js';
import { CommandRecordSchema, LearningRateChangeSchema } from './command-record.js';

const count = z.int().nonnegative();

/** JSON has no NaN and no infinities; they are written by name. */
const anyNumber = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform((name) => Number(name))]);

/** The first record of every segment: which records before it count. What its predecessor wrote later is void. */
const EpochSchema = z.strictObject({
  kind: z.literal('epoch'),
  /** Epoch of the segment that this one goes on from; 0 for a run that begins. */
  previous: count,
  /** Lines of the journal that are in force before this one. */
  after: count,
  /** Process and host, for people. */
  holder: z.string(),
});

const StartSchema = z.strictObject({
  kind: z.literal('start'),
  runId: z.string(),
  /** 1, 2, …: one more whenever a coordinator takes up the run. */
  incarnation: count,
  configDigest: z.string(),
  datasetDigest: z.string(),
  modelDigest: z.string(),
  /** Differences from the run so far that were allowed by name. Steps made again may then differ from those before. */
  allowed: z.array(z.string()).readonly(),
});

const CommitSchema = z.strictObject({
  kind: z.literal('commit'),
  step: count,
  /** Tells the plans of one step apart (rows may have been set aside between them). */
  attempt: count,
  z0: z.number(),
  /** SHA-256 of the reduced gradient, hex. */
  gradientDigest: z.string(),
  /** Of the whole gradient, before clipping. */
  norm: anyNumber,
  learningRate: z.number(),
  /** The norm is not finite: there was no update. */
  skipped: z.boolean(),
});

/** Which rows a step of a live run has: written before anybody works on them, for good. */
const PlanSchema = z.strictObject({
  kind: z.literal('plan'),
  step: count,
  /** Numbers in the row log. */
  rows: z.array(count).readonly(),
  /** Rows that the log had: those held out among them are the step's evaluation. */
  seen: count,
  /** Of the newest message in it, by which a log that had to be read again is known. */
  sequence: count,
});

/** The run went on from a snapshot whose steps this journal does not know: which live rows those had. */
const FeedbackSchema = FeedbackPositionSchema.extend({ kind: z.literal('feedback') });

/** The parameters on which the workers agreed after a step. */
const AppliedSchema = z.strictObject({ kind: z.literal('applied'), step: count, parameterDigest: z.string() });

/** Rows whose scores are not finite; never planned again. */
const SetAsideSchema = z.strictObject({ kind: z.literal('setAside'), step: count, rows: z.array(count).readonly() });

/** The run went back to this step; commits after it are made again. */
const RestoredSchema = z.strictObject({
  kind: z.literal('restored'),
  step: count,
  /** Rows that the snapshot leaves out: what said so first may be in a part of the journal that was damaged. */
  setAside: z.array(count).readonly().default([]),
  /** By command, for the same reason. */
  learningRates: z.array(LearningRateChangeSchema).readonly().optional(),
});

const SnapshotSchema = z.strictObject({ kind: z.literal('snapshot'), step: count });

/** The result is saved; nothing is left to do. */
const FinishedSchema = z.strictObject({ kind: z.literal('finished'), step: count, parameterDigest: z.string() });

export const JournalRecordSchema = z.discriminatedUnion('kind', [
  StartSchema,
  CommitSchema,
  PlanSchema,
  FeedbackSchema,
  AppliedSchema,
  SetAsideSchema,
  RestoredSchema,
  SnapshotSchema,
  CommandRecordSchema,
  FinishedSchema,
]);

/** All that a segment can hold. */
export const SegmentRecordSchema = z.union([EpochSchema, JournalRecordSchema]);

export type JournalRecord = z.output<typeof JournalRecordSchema>;
export type EpochRecord = z.output<typeof EpochSchema>;
export type SegmentRecord = z.output<typeof SegmentRecordSchema>;
export type StartRecord = z.output<typeof StartSchema>;
export type CommitLine = z.output<typeof CommitSchema>;
export type FinishedRecord = z.output<typeof FinishedSchema>;
export type CommandLine = z.output<typeof CommandRecordSchema>;
