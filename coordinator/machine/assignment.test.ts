import { describe, expect, it } from 'vitest';
import { distribute, measureSpeed, speedsOf } from './assignment.js';
import { createMachine, FRESH, join, plan, sent } from './machine-fixture.js';
import { beginTurn } from './turn.js';

describe('measured speeds', () => {
  const state = createMachine().state();

  it('follow a change within a few leaves, and ignore results that were there already', () => {
    const turn = beginTurn(state, 0);
    for (let leaf = 0; leaf < 10; leaf++) measureSpeed(turn, 'w1', 100, 10);
    measureSpeed(turn, 'w1', 100, 0);
    expect(turn.state.speeds.w1).toBeCloseTo(10);
    for (let leaf = 0; leaf < 10; leaf++) measureSpeed(turn, 'w1', 100, 20);
    expect(turn.state.speeds.w1).toBeCloseTo(5, 0);
  });

  it('are the mean of the known ones for a worker that has computed nothing', () => {
    const machine = createMachine({ workers: { min: 1, max: 3, waitMs: 1 } });
    for (const session of [1, 2, 3]) join(machine, session);
    const known = { ...machine.state(), speeds: { w1: 2, w2: 4 } };
    expect(speedsOf(known, known.members)).toEqual([2, 4, 3]);
    expect(speedsOf(machine.state(), known.members)).toEqual([1, 1, 1]);
  });
});

describe('a plan', () => {
  it('gives a worker the leaves that it holds, whoever was to compute them', () => {
    const machine = createMachine();
    join(machine, 1);
    join(machine, 2, { ...FRESH, leaves: { step: 1, attempt: 0, leaves: [0] } });
    const parts = sent(plan(machine), 'stepPlan').map(({ session, message }) => [session, message.matched]);
    expect(parts.find(([session]) => session === 2)![1]).toContain(0);
  });
});

describe('a worker that was slow once', () => {
  it('is tried again after some steps without work', () => {
    const machine = createMachine();
    join(machine, 1);
    join(machine, 2);
    plan(machine);
    const state = machine.state();
    const leaves = Array.from({ length: 4 }, () => ({ cost: 1, owner: 0, holders: [] }));
    let speeds: Readonly<Record<string, number>> = { w1: 10, w2: 0.1 };
    const shares = Array.from({ length: 20 }, () => {
      const turn = beginTurn({ ...state, speeds, work: { ...state.work!, leaves } }, 0);
      distribute(turn);
      speeds = turn.state.speeds;
      return turn.state.work!.leaves.filter(({ owner }) => owner === 2).length;
    });
    expect(shares[0]).toBe(0);
    expect(shares.findIndex((share) => share > 0)).toBeGreaterThan(2);
  });
});
