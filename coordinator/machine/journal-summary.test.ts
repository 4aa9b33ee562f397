import { describe, expect, it } from 'vitest';
import { EMPTY_JOURNAL, summarizeJournal } from './journal-summary.js';
import type { JournalRecord } from './types.js';

function commit(step: number): JournalRecord {
  const gradientDigest = `g${step}`;
  return { kind: 'commit', step, attempt: 0, z0: 0, gradientDigest, norm: 1, learningRate: 1, skipped: false };
}

function applied(step: number): JournalRecord {
  return { kind: 'applied', step, parameterDigest: `p${step}` };
}

describe('what a journal adds up to', () => {
  it('is nothing for an empty one', () => {
    expect(summarizeJournal([])).toEqual(EMPTY_JOURNAL);
  });

  it('is the last commit, the agreed parameters, the rows set aside and the last snapshot', () => {
    const summary = summarizeJournal([
      { kind: 'start', incarnation: 1 },
      commit(1),
      applied(1),
      { kind: 'snapshot', step: 1 },
      { kind: 'setAside', step: 2, rows: [7, 3] },
      { kind: 'start', incarnation: 2 },
      commit(2),
    ]);
    expect(summary).toMatchObject({ incarnation: 2, step: 2, redo: [], setAside: [7, 3], snapshotStep: 1 });
    expect(summary.record).toMatchObject({ step: 2, gradientDigest: 'g2' });
    expect(summary.digests).toEqual([{ step: 1, parameterDigest: 'p1' }]);
  });

  it('has the commits to be made again after the run went back, and not those made again already', () => {
    const records = [commit(1), commit(2), commit(3), { kind: 'restored', step: 1, setAside: [] } as const];
    expect(summarizeJournal(records)).toMatchObject({ step: 1, redo: [{ step: 2 }, { step: 3 }] });
    expect(summarizeJournal([...records, commit(2)])).toMatchObject({ step: 2, redo: [{ step: 3 }] });
  });

  it('has the rows that a snapshot leaves out, when their own record was lost with a damaged part', () => {
    const early: JournalRecord = { kind: 'setAside', step: 1, rows: [4] };
    const records = [early, commit(1), commit(2), { kind: 'restored', step: 1, setAside: [4, 6] } as const, commit(2)];
    expect(summarizeJournal(records).setAside).toEqual([4, 6]);
    expect(summarizeJournal(records.slice(1)).setAside).toEqual([4, 6]);
  });

  it('forgets rows set aside after the step that the run went back to', () => {
    const early: JournalRecord = { kind: 'setAside', step: 1, rows: [4] };
    const late: JournalRecord = { kind: 'setAside', step: 3, rows: [5] };
    const summary = summarizeJournal([early, commit(1), commit(2), late, { kind: 'restored', step: 2, setAside: [] }]);
    expect(summary.setAside).toEqual([4]);
  });
});
