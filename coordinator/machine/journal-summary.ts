/** What a run's journal adds up to, record by record. */
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
      return { incarnation: record.incarnation };
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
      return { step, record: commits.get(step), redo, digests, snapshotStep: step };
    }
    case 'snapshot':
      return { snapshotStep: record.step };
    case 'setAside':
      return {};
  }
}

function dropLater(rows: Map<number, number>, step: number): void {
  for (const [row, setAsideAt] of rows) if (setAsideAt > step) rows.delete(row);
}
