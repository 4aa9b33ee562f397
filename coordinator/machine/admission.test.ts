/** A coordinator that starts again, and a run that has paused: whom they wait for, and how long. */
import { describe, expect, it } from 'vitest';
import { EMPTY_JOURNAL } from './journal-summary.js';
import { createMachine, FRESH, join, kindsOf, SETTINGS } from './machine-fixture.js';
import type { CommitRecord, HeldState, JournalSummary } from './types.js';

const RECORD: CommitRecord = {
  step: 1,
  attempt: 0,
  z0: 0,
  gradientDigest: 'g1',
  norm: 1,
  learningRate: 0.1,
  skipped: false,
};
/** Of a run that has committed a step. */
const JOURNAL: JournalSummary = {
  ...EMPTY_JOURNAL,
  incarnation: 1,
  step: 1,
  record: RECORD,
  digests: [{ step: 1, parameterDigest: 'p1' }],
};
const THERE: HeldState = { ...FRESH, appliedStep: 1, parameterDigest: 'p1' };

function restarted(expected: number) {
  return createMachine({ workers: { min: 1, max: 3, expected, waitMs: 600_000 } }, JOURNAL);
}

function tickAt(machine: ReturnType<typeof createMachine>, atMs: number): string[] {
  machine.nowMs = atMs;
  for (const { session } of machine.state().members) {
    machine.report([session], { kind: 'heartbeat', phase: 'idle', step: 0, progress: 0 });
  }
  return kindsOf(machine.happen({ kind: 'tick' }));
}

describe('a coordinator that starts again', () => {
  it('goes on at once when as many are back as took part before', () => {
    const machine = restarted(2);
    expect(kindsOf(join(machine, 1, THERE))).not.toContain('plan');
    expect(kindsOf(join(machine, 2, THERE))).toContain('plan');
  });

  it('waits for those that do not come back for no longer than others take to', () => {
    const machine = restarted(3);
    join(machine, 1, THERE);
    join(machine, 2, THERE);
    expect(tickAt(machine, SETTINGS.settleMs - 1)).not.toContain('plan');
    expect(tickAt(machine, SETTINGS.settleMs)).toContain('plan');
  });

  it('goes back to a snapshot when all are there and none has the state', () => {
    const machine = restarted(2);
    join(machine, 1, FRESH);
    join(machine, 2, { ...FRESH, appliedStep: -1 });
    machine.nowMs = SETTINGS.settleMs;
    expect(tickAt(machine, SETTINGS.settleMs)).toContain('restore');
  });

  it('waits longer before it does when some are missing, which may have the state', () => {
    const machine = restarted(3);
    join(machine, 1, { ...FRESH, appliedStep: -1 });
    join(machine, 2, { ...FRESH, appliedStep: -1 });
    for (let atMs = 500; atMs < SETTINGS.graceMs; atMs += 500) {
      expect(tickAt(machine, atMs)).not.toContain('restore');
    }
    expect(tickAt(machine, SETTINGS.graceMs)).toContain('restore');
  });
});

describe('a pause', () => {
  it('ends in a snapshot at once when nobody has the state any more, also under a second coordinator', () => {
    const machine = restarted(1);
    join(machine, 1, THERE);
    tickAt(machine, 100);
    machine.happen({ session: 1, kind: 'lost', reason: 'killed' });
    expect(machine.state().phase).toMatchObject({ name: 'waiting', isPause: true });
    expect(kindsOf(join(machine, 2, { ...FRESH, appliedStep: -1 }))).toContain('restore');
  });

  it('waits a moment for others that are on their way to the snapshot', () => {
    const machine = restarted(2);
    for (const session of [1, 2]) join(machine, session, { ...FRESH, appliedStep: -1 });
    tickAt(machine, SETTINGS.settleMs);
    const snapshot = { step: 1, parameterDigest: 'p1', record: RECORD, redo: [], setAside: [] };
    machine.happen({ kind: 'restored', ...snapshot });
    const healed = (order: number) => ({ kind: 'healed', order, step: 1, parameterDigest: 'p1' }) as const;
    expect(kindsOf(machine.report([1], healed(1)))).not.toContain('plan');
    expect(kindsOf(machine.report([2], healed(2)))).toContain('plan');
  });
});
