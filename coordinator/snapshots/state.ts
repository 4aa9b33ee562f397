/** state.json: all that a run needs beside its arrays to go on with the same bits, and to know that it is the same run. */
import { z } from 'zod';
import type { RunConfig } from '../../core/config/schema.js';
import { FeedbackPositionSchema } from '../feedback/position.js';
import { LearningRateChangeSchema } from '../journal/command-record.js';
import { STATE_FILE } from './layout.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().nonnegative();

const EngineSchema = z.strictObject({
  engine: z.string(),
  version: z.string(),
  threads: count,
  settings: z.string(),
  processor: z.string(),
});

const ParameterSchema = z.strictObject({
  name: z.string(),
  shape: z.array(count).readonly(),
  decayed: z.boolean(),
});

const ReferencePointSchema = z.strictObject({
  z0: z.number(),
  raw: z.number(),
  /** JSON has no NaN. */
  standardError: z
    .number()
    .nullable()
    .transform((value) => value ?? Number.NaN),
  clamped: z.boolean(),
});

const SetAsideSchema = z.strictObject({
  /** Position in the dataset. */
  row: count,
  file: z.string(),
  line: count,
  /** In which its scores were found not to be finite. */
  step: count,
  reason: z.string(),
});

const SnapshotStateSchema = z.strictObject({
  runId: z.string(),
  /** Of the coordinator that wrote it. */
  incarnation: count,
  /** The last committed step; 0 before the first. */
  step: count,
  /** Adam updates so far: steps that were skipped are not counted. */
  updates: count,
  /** Passes over the training rows so far, with fraction. */
  epoch: z.number(),
  /** Where the next step's rows lie, both 0-based. */
  dataCursor: z.strictObject({ epoch: count, stepInEpoch: count }),
  /** Of live rows: how far the source was read, and the messages up to there with rows that no step had yet. */
  feedback: FeedbackPositionSchema.optional(),
  /** Everything random follows from it and from the cursor. */
  seed: count,
  /** Of the last committed step. */
  referencePoint: ReferencePointSchema,
  setAside: z.array(SetAsideSchema).readonly(),
  /** Peak learning rates that commands set for steps up to this one. */
  learningRates: z.array(LearningRateChangeSchema).readonly().default([]),
  /** Prompt and completion tokens since the start of the run. */
  tokens: count,
  /** With every default and resolved class weights. */
  config: z.record(z.string(), z.unknown()),
  configDigest: sha256,
  datasetDigest: z.string(),
  modelDigest: z.string(),
  engine: EngineSchema,
  /** In the order of the flat arrays. */
  parameters: z.array(ParameterSchema).readonly(),
  /** SHA-256 of each flat array's bytes, little-endian float32. */
  parameterDigest: sha256,
  firstMomentDigest: sha256,
  secondMomentDigest: sha256,
  /** Elements of the tables in references.f64, which lie there in this order. */
  references: z.strictObject({
    trainMatched: count,
    trainMismatched: count,
    heldOutMatched: count,
    heldOutMismatched: count,
  }),
});

export type SnapshotState = z.output<typeof SnapshotStateSchema>;
export type SetAsideRow = z.output<typeof SetAsideSchema>;

/** What the writer can't know by itself; the digests are what the workers say, and what comes must have them. */
export type SnapshotFacts = Omit<SnapshotState, 'config' | 'configDigest' | 'seed' | 'references'> & {
  readonly config: RunConfig;
};

/** @returns the state, or what is wrong with it, for a person. */
export function parseState(text: string): SnapshotState | string {
  const parsed = SnapshotStateSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  return `${STATE_FILE} was written by another version of prospect (${path.join('.')}: ${message})`;
}
