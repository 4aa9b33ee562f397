/** Digests that should be equal and are not: who is wrong, and how the step goes on. */
import { describe, expect, it } from 'vitest';
import { apply, commitOf, createMachine, join, kindsOf, plan, reduce, sent, toReduction } from './machine-fixture.js';

describe('reduced gradients that differ', () => {
  it('throw out the minority of three', () => {
    const machine = createMachine({ workers: { min: 3, max: 3, waitMs: 1000 } });
    for (const session of [1, 2, 3]) join(machine, session);
    toReduction(machine);
    reduce(machine, 1);
    reduce(machine, 2, 'wrong');
    expect(reduce(machine, 3)).toContainEqual(expect.objectContaining({ kind: 'expelled', workerId: 'w2' }));
  });

  it('of two are reduced again, and the one that changes is named', () => {
    const machine = createMachine({});
    for (const session of [1, 2]) join(machine, session);
    toReduction(machine);
    reduce(machine, 1);
    expect(sent(reduce(machine, 2, 'wrong'), 'reduce')).toHaveLength(2);
    reduce(machine, 1);
    const effects = reduce(machine, 2);
    expect(kindsOf(effects)).toContain('commit');
    expect(effects).toContainEqual(expect.objectContaining({ kind: 'expelled', workerId: 'w2' }));
  });
});

describe('parameters that differ after a step', () => {
  const machine = createMachine({ workers: { min: 3, max: 3, waitMs: 1000 } });
  for (const session of [1, 2, 3]) join(machine, session);
  toReduction(machine);
  for (const session of [1, 2]) reduce(machine, session);
  const record = commitOf(reduce(machine, 3));
  const first = machine.state().generation;
  machine.happen({ kind: 'commitJournaled', record });
  apply(machine, [2], 'wrong');
  plan(machine);

  it('throw out the minority, and the step that it had a hand in begins again', () => {
    apply(machine, [1]);
    const effects = apply(machine, [3]);
    expect(effects).toContainEqual(expect.objectContaining({ kind: 'expelled', workerId: 'w2' }));
    expect(sent(effects, 'heal').map(({ session }) => session)).toEqual([2]);
    expect(machine.state().work).toBeUndefined();
  });

  it('leave reports of the round before without effect', () => {
    const heal = { kind: 'healed', order: 1, step: 1, parameterDigest: 'p1' } as const;
    expect(kindsOf(machine.report([2], heal))).toContain('plan');
    plan(machine);
    const report = { kind: 'mismatchedReport', step: 2, attempt: 0, microbatch: 0, notFinite: [] } as const;
    expect(machine.report([1], { ...report, generation: first })).toMatchObject([{ kind: 'stale' }]);
    expect(kindsOf(machine.report([1], { ...report, generation: machine.state().generation }))).toEqual(['accepted']);
  });
});
