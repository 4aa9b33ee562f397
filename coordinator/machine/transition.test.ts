import { describe, expect, it } from 'vitest';
import { EMPTY_JOURNAL } from './journal-summary.js';
import {
  apply,
  commitOf,
  computeLeaves,
  createMachine,
  FRESH,
  giveReferencePoint,
  join,
  kindsOf,
  plan,
  reduce,
  scorePairs,
  sent,
  toReduction,
} from './machine-fixture.js';
import type { CommitRecord } from './types.js';

function planOf(order: { generation: number; step: number; attempt: number }) {
  return { kind: 'plan', ...order, peakLearningRate: undefined, evaluates: false };
}

/** Generation of a first coordinator before anybody is there. */
const FIRST = 2 ** 20;

function started(settings: Parameters<typeof createMachine>[0] = {}) {
  const machine = createMachine(settings);
  join(machine, 1);
  join(machine, 2);
  return machine;
}

describe('a step', () => {
  it('goes from plan to plan of the next one', () => {
    const machine = started();
    const plans = sent(plan(machine), 'stepPlan');
    expect(plans.map(({ message }) => [message.mismatched, message.matched])).toEqual([
      [[0], [0]],
      [[1], [1]],
    ]);
    expect(kindsOf(scorePairs(machine))).toContain('referencePoint');
    expect(sent(giveReferencePoint(machine), 'referencePoint')).toHaveLength(2);
    const [order] = sent(computeLeaves(machine), 'reduce');
    expect(order!.message.holdings).toEqual([[{ start: 0, end: 1 }], [{ start: 1, end: 2 }]]);
    expect(kindsOf(reduce(machine, 1))).toEqual([]);
    const record = commitOf(reduce(machine, 2));
    expect(record).toMatchObject({ step: 1, z0: 0.5, gradientDigest: 'g1', norm: 1, skipped: false });
    const effects = machine.happen({ kind: 'commitJournaled', record });
    expect(sent(effects, 'commit')).toHaveLength(2);
    expect(effects).toContainEqual(planOf({ generation: FIRST + 1, step: 2, attempt: 0 }));
  });

  it('is planned before anybody has applied the one before, and reduced when all have', () => {
    const machine = started();
    toReduction(machine);
    reduce(machine, 1);
    machine.happen({ kind: 'commitJournaled', record: commitOf(reduce(machine, 2)) });
    expect(sent(plan(machine), 'stepPlan')).toHaveLength(2);
    apply(machine, [1]);
    scorePairs(machine);
    giveReferencePoint(machine);
    expect(sent(computeLeaves(machine), 'reduce')).toEqual([]);
    expect(sent(apply(machine, [2]), 'reduce')).toHaveLength(2);
  });

  it('is not committed again when reports and answers arrive twice', () => {
    const machine = started();
    toReduction(machine);
    reduce(machine, 1);
    const record = commitOf(reduce(machine, 2));
    expect(kindsOf(reduce(machine, 2))).toEqual([]);
    machine.happen({ kind: 'commitJournaled', record });
    expect(kindsOf(machine.happen({ kind: 'commitJournaled', record }))).toEqual([]);
    apply(machine, [1]);
    expect(
      kindsOf(
        machine.happen({ session: 1, kind: 'appliedReport', generation: FIRST + 1, step: 1, parameterDigest: 'p1' }),
      ),
    ).toEqual([]);
  });

  it('is skipped when the reduced gradient is not finite', () => {
    const machine = started();
    toReduction(machine);
    const { generation } = machine.state();
    const report = { kind: 'reducedReport', generation, step: 1, digest: 'nan', norm: undefined } as const;
    expect(commitOf(machine.report([1, 2], report))).toMatchObject({ skipped: true, norm: undefined });
  });
});

describe('a lost worker', () => {
  it('has its leaf computed by another one, in a new generation', () => {
    const machine = createMachine({ workers: { min: 1, max: 2, waitMs: 1000 } });
    join(machine, 1);
    join(machine, 2);
    toReduction(machine);
    const effects = machine.happen({ session: 2, kind: 'lost', reason: 'killed' });
    expect(sent(effects, 'membership').map(({ message }) => message.generation)).toEqual([FIRST + 3]);
    const [order] = sent(effects, 'stepPlan');
    expect(order).toMatchObject({ session: 1, message: { mismatched: [], matched: [1], step: 1 } });
    const late = { kind: 'reducedReport', generation: FIRST + 2, step: 1, digest: 'g1', norm: 1 } as const;
    expect(machine.report([1], late)).toEqual([{ kind: 'stale', session: 1, what: 'reducedReport' }]);
  });

  it('takes the run below the minimum: it pauses, and ends when the wait is over', () => {
    const machine = started();
    plan(machine);
    expect(kindsOf(machine.happen({ session: 2, kind: 'lost', reason: 'killed' }))).toContain('paused');
    machine.nowMs = 599_999;
    expect(machine.state().phase.name).toBe('waiting');
    machine.report([1], { kind: 'heartbeat', phase: 'idle', step: 0, progress: 0 });
    machine.nowMs = 600_000;
    machine.happen({ kind: 'tick' });
    expect(machine.state().phase).toMatchObject({ outcome: { kind: 'failed', code: 'WORKER_LOST' } });
  });

  it('is one that has been silent for too long, though its stream stands', () => {
    const machine = started();
    machine.nowMs = 2000;
    machine.report([1], { kind: 'heartbeat', phase: 'busy', step: 0, progress: 1 });
    machine.nowMs = 2500;
    expect(machine.happen({ kind: 'tick' })).toContainEqual(
      expect.objectContaining({ kind: 'disconnect', session: 2, workerId: 'w2' }),
    );
  });

  it('that reconnects with its leaves is given them again', () => {
    const machine = createMachine({ workers: { min: 1, max: 2, waitMs: 1000 } });
    join(machine, 1);
    join(machine, 2);
    plan(machine);
    scorePairs(machine);
    giveReferencePoint(machine);
    machine.happen({ session: 2, kind: 'lost', reason: 'cut off' });
    const held = { ...FRESH, leaves: { step: 1, attempt: 0, leaves: [1] } };
    const effects = machine.happen({ session: 3, kind: 'joined', workerId: 'w2', workerIncarnation: 2, held });
    expect(sent(effects, 'stepPlan').map(({ session, message }) => [session, message.matched])).toEqual([
      [1, [0]],
      [3, [1]],
    ]);
  });
});

describe('a worker that leaves', () => {
  it('stays for a reduction that has begun, then is told that it may go', () => {
    const machine = createMachine({ workers: { min: 1, max: 2, waitMs: 1000 } });
    join(machine, 1);
    join(machine, 2);
    toReduction(machine);
    expect(sent(machine.report([2], { kind: 'leaving' }), 'finish')).toEqual([]);
    reduce(machine, 1);
    const record = commitOf(reduce(machine, 2));
    const effects = machine.happen({ kind: 'commitJournaled', record });
    expect(sent(effects, 'commit').map(({ session }) => session)).toEqual([1, 2]);
    expect(sent(effects, 'finish').map(({ session }) => session)).toEqual([2]);
  });
});

describe('rows that are not finite', () => {
  it('are set aside together, and the step is planned again', () => {
    const machine = started();
    plan(machine);
    const effects = scorePairs(machine, [7]);
    expect(effects).toContainEqual({ kind: 'setAside', step: 1, rows: [7] });
    expect(effects).toContainEqual(planOf({ generation: FIRST + 2, step: 1, attempt: 1 }));
  });

  it('end the run when they are too many', () => {
    const machine = started();
    plan(machine);
    expect(scorePairs(machine, [7, 8]).at(-1)).toMatchObject({
      kind: 'ended',
      outcome: { kind: 'failed', code: 'NON_FINITE' },
    });
  });
});

describe('a coordinator that comes back', () => {
  const record: CommitRecord = {
    step: 1,
    attempt: 0,
    z0: 0,
    gradientDigest: 'g1',
    norm: 1,
    learningRate: 0.1,
    skipped: false,
  };
  const journal = { ...EMPTY_JOURNAL, incarnation: 1, step: 1, record };

  it('commits again to a worker that holds the gradient', () => {
    const machine = createMachine({}, journal);
    const effects = join(machine, 1, { ...FRESH, reduced: { step: 1, digest: 'g1' } });
    expect(sent(effects, 'commit')).toMatchObject([{ session: 1, message: { step: 1, gradientDigest: 'g1' } }]);
  });

  it('goes back to a snapshot when no worker has state, after a grace', () => {
    const machine = createMachine({}, journal);
    expect(sent(join(machine, 1), 'heal')).toEqual([]);
    join(machine, 2);
    machine.nowMs = 5000;
    machine.report([1, 2], { kind: 'heartbeat', phase: 'idle', step: 0, progress: 0 });
    expect(kindsOf(machine.happen({ kind: 'tick' }))).toEqual(['restore']);
    const back = {
      kind: 'restored',
      step: 0,
      parameterDigest: '',
      record: undefined,
      redo: [record],
      setAside: [],
    } as const;
    expect(kindsOf(machine.happen(back))).toContain('plan');
    toReduction(machine);
    reduce(machine, 1, 'other');
    const effects = reduce(machine, 2, 'other');
    expect(effects.at(-1)).toMatchObject({ kind: 'ended', outcome: { code: 'WORKER_MISMATCH' } });
  });
});
