/** What the state machine starts with: the run's settings, and what the journal says. */
import { workerLimits } from '../core/config/worker-limits.js';
import type { JournalRecord as JournalLine } from './journal/record.js';
import { summarizeJournal } from './machine/journal-summary.js';
import type { CommitRecord, JournalRecord, JournalSummary, Settings } from './machine/types.js';
import type { ResolvedRun } from './resolve-run.js';

/** Workers that were there come back sooner, also to a machine that is busy; after that the newest snapshot counts. */
const GRACE_MS = 5000;
/** The longest back-off of a worker, and connecting. */
const SETTLE_MS = 1500;
/** Five heartbeats. */
const SILENCE_MS = 2500;
const PHASE_FLOOR_MS = 10_000;
const MS_PER_MINUTE = 60_000;

/** @param before workers of an earlier coordinator, which may come back with what they hold; undefined: there are none. */
export function settingsOf(config: ResolvedRun, totalSteps: number, before: number | undefined): Settings {
  const { min, max, waitMs } = workerLimits(config);
  const { everySteps, everyMinutes } = config.snapshots;
  return {
    totalSteps,
    workers: { min, max, expected: before ?? min, waitMs },
    graceMs: before === undefined ? 0 : Math.min(GRACE_MS, waitMs / 2),
    settleMs: Math.min(SETTLE_MS, waitMs / 2),
    silenceMs: SILENCE_MS,
    phaseFloorMs: PHASE_FLOOR_MS,
    auditEverySteps: config.audit.everySteps,
    setAsideLimit: config.data.setAside,
    snapshots: { everySteps, everyMs: everyMinutes === undefined ? undefined : everyMinutes * MS_PER_MINUTE },
  };
}

/**
 * @param lines of earlier coordinators.
 * @param allowed changes that this one was started with.
 * @param expected steps that must come out as before when they are made again: not those of another configuration.
 */
export function journalOf(
  lines: readonly JournalLine[],
  allowed: readonly string[],
  expected: (step: number) => boolean,
): JournalSummary {
  const summary = summarizeJournal(machineRecords(lines));
  const learningRates = namesLearningRate(allowed) ? [] : summary.learningRates;
  return { ...summary, learningRates, redo: summary.redo.filter(({ step }) => expected(step)) };
}

function* machineRecords(lines: readonly JournalLine[]): Generator<JournalRecord> {
  for (const line of lines) {
    if (line.kind === 'commit') yield { kind: 'commit', ...commitOf(line) };
    else if (line.kind === 'start') yield startOf(line);
    else if (line.kind !== 'finished' && line.kind !== 'plan' && line.kind !== 'feedback') yield line;
  }
}

function startOf({ incarnation, allowed }: Extract<JournalLine, { kind: 'start' }>): JournalRecord {
  return { kind: 'start', incarnation, forgetsLearningRates: namesLearningRate(allowed) };
}

function namesLearningRate(allowed: readonly string[]): boolean {
  return allowed.includes('training.learningRate');
}

export function commitOf(line: Extract<JournalLine, { kind: 'commit' }>): CommitRecord {
  const { kind: _, norm, ...commit } = line;
  return { ...commit, norm: Number.isFinite(norm) ? norm : undefined };
}
