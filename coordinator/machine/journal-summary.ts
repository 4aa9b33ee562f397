/** What a run's journal adds up to, record by record. */
import type { ResolvedCommand } from './command.js';
import { withLearningRate } from './learning-rates.js';
import type { CommitRecord, JournalRecord, JournalSummary, StepDigest } from './types.js';

/** Agreed parameters are remembered for so many steps: longer than any worker takes to heal and follow. */
const DIGESTS_KEPT = 64;

export const EMPTY_JOURNAL: JournalSummary = {
  incarnation: 0,
  step: 0,
  record: undefined,
  digests: [],
  redo: [],
  setAside: [],
  snapshotStep: 0,
  isHeld: false,
  limits: undefined,
  learningRates: [],
};

export function withDigest(digests: readonly StepDigest[], digest: StepDigest): StepDigest[] {
  return [...digests.filter(({ step }) => step !== digest.step), digest].slice(-DIGESTS_KEPT);
}

/** @param records whole and in order; a damaged tail is cut off before. */
export function summarizeJournal(records: Iterable<JournalRecord>): JournalSummary {
  const commits = new Map<number, CommitRecord>();
  const rows = new Map<number, number>();
  let summary = EMPTY_JOURNAL;
  for (const record of records) {
    if (record.kind === 'commit') {
      const { kind: _, ...commit } = record;
      commits.set(commit.step, commit);
    }
    if (record.kind === 'setAside') for (const row of record.rows) rows.set(row, record.step);
    if (record.kind === 'restored') {
      dropLater(rows, record.step);
      for (const row of record.setAside) rows.set(row, rows.get(row) ?? record.step);
    }
    summary = { ...summary, ...changes(summary, record, commits) };
  }
  return { ...summary, setAside: [...rows.keys()] };
}

function changes(
  summary: JournalSummary,
  record: JournalRecord,
  commits: ReadonlyMap<number, CommitRecord>,
): Partial<JournalSummary> {
  switch (record.kind) {
    case 'start':
      return {
        incarnation: record.incarnation,
        ...(record.forgetsLearningRates && { learningRates: [] }),
      };
    case 'commit':
      return {
        step: record.step,
        record: commits.get(record.step),
        redo: summary.redo.filter(({ step }) => step > record.step),
      };
    case 'applied': {
      const { step, parameterDigest } = record;
      return { digests: withDigest(summary.digests, { step, parameterDigest }) };
    }
    case 'restored': {
      const { step } = record;
      const redo = [...commits.values()].filter((commit) => commit.step > step).sort((a, b) => a.step - b.step);
      const digests = summary.digests.filter((digest) => digest.step <= step);
      const { learningRates = summary.learningRates } = record;
      return { step, record: commits.get(step), redo, digests, snapshotStep: step, learningRates };
    }
    case 'snapshot':
      return { snapshotStep: record.step };
    case 'command':
      return wishes(summary, record.command);
    case 'setAside':
      return {};
  }
}

/** What a command changes for good. The others are about the coordinator that was there. */
function wishes(summary: JournalSummary, command: ResolvedCommand): Partial<JournalSummary> {
  switch (command.command) {
    case 'pause':
      return { isHeld: true };
    case 'resume':
      return { isHeld: false };
    case 'workers':
      return { limits: { min: command.min, max: command.max } };
    case 'learningRate':
      return { learningRates: withLearningRate(summary.learningRates, command) };
    default:
      return {};
  }
}

function dropLater(rows: Map<number, number>, step: number): void {
  for (const [row, setAsideAt] of rows) if (setAsideAt > step) rows.delete(row);
}
