/**
 * The events of a run, for whoever follows one: `import { RunEventSchema } from 'prospect/events'`. They come as JSON on
 * `prospect.<run>.events.<kind>` and stand, one a line, in events.jsonl of the output folder.
 */
import { z } from 'zod';
import { AdapterHeldBackEventSchema, AdapterPublishedEventSchema } from './adapters.js';
import { CommandEventSchema } from './commands.js';
import { FeedbackIdleEventSchema, FeedbackResumedEventSchema } from './feedback.js';
import { GapEventSchema } from './gap.js';
import {
  LeaseLostEventSchema,
  LeaseTakenEventSchema,
  RunFailedEventSchema,
  RunFinishedEventSchema,
  RunPausedEventSchema,
  RunResumedEventSchema,
  RunStartedEventSchema,
  RunStoppedEventSchema,
  RunWentBackEventSchema,
} from './life.js';
import { SnapshotFailedEventSchema, SnapshotVerifiedEventSchema, SnapshotWrittenEventSchema } from './snapshots.js';
import { AlarmEventSchema, EvaluationEventSchema, RowsSetAsideEventSchema, StepEventSchema } from './training.js';
import {
  GenerationChangedEventSchema,
  WorkerExpelledEventSchema,
  WorkerJoinedEventSchema,
  WorkerLeftEventSchema,
} from './workers.js';

export const RunEventSchema = z.discriminatedUnion('kind', [
  RunStartedEventSchema,
  RunPausedEventSchema,
  RunResumedEventSchema,
  RunWentBackEventSchema,
  RunFinishedEventSchema,
  RunStoppedEventSchema,
  RunFailedEventSchema,
  LeaseTakenEventSchema,
  LeaseLostEventSchema,
  StepEventSchema,
  EvaluationEventSchema,
  AlarmEventSchema,
  RowsSetAsideEventSchema,
  FeedbackIdleEventSchema,
  FeedbackResumedEventSchema,
  WorkerJoinedEventSchema,
  WorkerLeftEventSchema,
  WorkerExpelledEventSchema,
  GenerationChangedEventSchema,
  SnapshotWrittenEventSchema,
  SnapshotVerifiedEventSchema,
  SnapshotFailedEventSchema,
  AdapterPublishedEventSchema,
  AdapterHeldBackEventSchema,
  CommandEventSchema,
  GapEventSchema,
]);

export type RunEvent = z.output<typeof RunEventSchema>;
export type RunEventKind = RunEvent['kind'];
export type EventOf<Kind extends RunEventKind> = Extract<RunEvent, { kind: Kind }>;

export const EVENT_KINDS: readonly RunEventKind[] = RunEventSchema.options.map(({ shape }) => shape.kind.value);

/**
 * @param text a message's data, or a line of events.jsonl.
 * @throws ZodError for what is no event of this version; SyntaxError for what is no JSON.
 */
export function parseRunEvent(text: string): RunEvent {
  return RunEventSchema.parse(JSON.parse(text));
}

/** @param kind `*` for all. */
export function eventSubject(run: string, kind: RunEventKind | '*'): string {
  return `prospect.${run}.events.${kind}`;
}
