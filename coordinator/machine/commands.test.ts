import { describe, expect, it } from 'vitest';
import { summarizeJournal } from './journal-summary.js';
import {
  answer,
  apply,
  commitOf,
  createMachine,
  FRESH,
  give,
  join,
  kindsOf,
  makeStep,
  reduce,
  SETTINGS,
  sent,
  toReduction,
} from './machine-fixture.js';
import { nextDeadlineMs } from './next-deadline.js';
import { transition } from './transition.js';
import type { State } from './types.js';

function started() {
  const machine = createMachine();
  join(machine, 1);
  join(machine, 2);
  return machine;
}

describe('while a step waits for its rows', () => {
  function waiting() {
    const machine = started();
    const { generation } = machine.state();
    machine.happen({ kind: 'rowsAwaited', generation, step: 1 });
    return machine;
  }

  it('a pause holds the run at once, and what is answered to the plan before is void', () => {
    const machine = waiting();
    expect(answer(machine, { command: 'pause' })).toMatchObject({ says: 'pauses after step 0, now', step: 0 });
    expect(machine.state()).toMatchObject({ phase: { name: 'held' }, work: undefined });
    const resumed = give(machine, { command: 'resume' });
    expect(kindsOf(resumed)).toContain('plan');
    const { generation } = machine.state();
    const { kind, ...order } = resumed.find((effect) => effect.kind === 'plan')!;
    const planned = {
      kind: 'planned',
      mismatchedCosts: [1],
      leafCosts: [1],
      exampleCount: 1,
      learningRate: 1,
    } as const;
    machine.happen({ ...planned, ...order, generation: generation - 1 });
    expect(machine.state().work?.stage).toBe('planning');
    machine.happen({ ...planned, ...order });
    expect(machine.state().work?.stage).toBe('mismatched');
    expect(kind).toBe('plan');
  });

  it('an evaluation is made at once, before the rows are waited for again', () => {
    const machine = waiting();
    const effects = give(machine, { command: 'evaluate' });
    expect(effects).toContainEqual(expect.objectContaining({ kind: 'plan', step: 1, evaluates: true }));
    expect(machine.state().work?.awaitsRows).toBe(false);
  });

  it('workers over the maximum step back, and others come in', () => {
    const machine = waiting();
    give(machine, { command: 'workers', min: 1, max: 1 });
    expect(machine.state().members.map(({ status }) => status)).toEqual(['active', 'following']);
    give(machine, { command: 'workers', max: 2 });
    expect(machine.state().members.map(({ status }) => status)).toEqual(['active', 'active']);
  });
});

describe('pause', () => {
  it('holds the run between two steps, until it is resumed', () => {
    const machine = started();
    expect(answer(machine, { command: 'pause' })).toMatchObject({ says: 'pauses after step 1', step: 1 });
    const effects = makeStep(machine);
    expect(kindsOf(effects)).toContain('held');
    expect(kindsOf(effects)).not.toContain('plan');
    const resumed = give(machine, { command: 'resume' });
    expect(kindsOf(resumed)).toEqual(['journal', 'answered', 'released', 'plan']);
    expect(resumed[1]).toMatchObject({ id: 7, answer: { says: 'goes on with step 2' } });
  });

  it('that is asked for twice changes nothing the second time', () => {
    const machine = started();
    give(machine, { command: 'pause' });
    const effects = give(machine, { command: 'pause' });
    expect(kindsOf(effects)).toEqual(['answered']);
    expect(effects[0]).toMatchObject({ answer: { says: 'the run pauses after step 1 already: nothing changes' } });
  });

  it('is kept by the next coordinator, which does not end for want of workers meanwhile', () => {
    const journal = summarizeJournal([{ kind: 'command', step: 0, command: { command: 'pause' } }]);
    const machine = createMachine({}, journal);
    join(machine, 1);
    machine.nowMs = SETTINGS.workers.waitMs + 1;
    machine.happen({ session: 1, kind: 'heartbeat', phase: 'idle', step: 0, progress: 0 });
    machine.happen({ kind: 'tick' });
    expect(machine.state().phase.name).toBe('waiting');
    expect(nextDeadlineMs(machine.state(), machine.nowMs)).toBeGreaterThan(machine.nowMs);
    expect(kindsOf(join(machine, 2))).toContain('held');
    expect(kindsOf(give(machine, { command: 'resume' }))).toContain('plan');
  });

  it('waits for workers anew after it is lifted', () => {
    const machine = createMachine({}, summarizeJournal([{ kind: 'command', step: 0, command: { command: 'pause' } }]));
    machine.nowMs = 2 * SETTINGS.workers.waitMs;
    give(machine, { command: 'resume' });
    machine.happen({ kind: 'tick' });
    expect(machine.state().phase).toMatchObject({ name: 'waiting', sinceMs: machine.nowMs });
  });
});

describe('stop', () => {
  it('ends the run at once, with a snapshot of the last committed step', () => {
    const machine = started();
    makeStep(machine);
    const stopping = give(machine, { command: 'stop', reason: 'SIGTERM', snapshot: true });
    expect(kindsOf(stopping)).toEqual(['journal', 'answered', 'snapshot']);
    expect(stopping[1]).toMatchObject({
      answer: { says: 'stops now, with a snapshot of step 1; step 2 is given up', step: 1 },
    });
    expect(stopping[2]).toEqual({ kind: 'snapshot', step: 1, sessions: [1, 2] });
    const effects = machine.happen({ kind: 'snapshotWritten', step: 1 });
    expect(sent(effects, 'finish')).toHaveLength(2);
    expect(effects.at(-1)).toEqual({
      kind: 'ended',
      outcome: { kind: 'stopped', reason: 'SIGTERM', workersWait: false },
    });
  });

  it('ends it without a snapshot where none is wanted', () => {
    const machine = started();
    makeStep(machine);
    const effects = give(machine, { command: 'stop', reason: 'enough', snapshot: false });
    expect(kindsOf(effects)).not.toContain('snapshot');
    expect(effects.at(-1)).toEqual({
      kind: 'ended',
      outcome: { kind: 'stopped', reason: 'enough', workersWait: false },
    });
  });

  it('leaves the workers waiting where another coordinator comes for them', () => {
    const machine = started();
    makeStep(machine);
    give(machine, { command: 'stop', reason: 'SIGTERM', snapshot: true, workersWait: true });
    const effects = machine.happen({ kind: 'snapshotWritten', step: 1 });
    expect(sent(effects, 'finish')).toEqual([]);
    expect(effects.at(-1)).toMatchObject({ kind: 'ended', outcome: { kind: 'stopped', workersWait: true } });
  });

  it('lets a step be made that is being committed', () => {
    const machine = started();
    toReduction(machine);
    reduce(machine, 1);
    const record = commitOf(reduce(machine, 2));
    const stop = { command: 'stop', reason: 'enough', snapshot: true } as const;
    expect(answer(machine, stop)).toMatchObject({ says: 'stops after step 1, with a snapshot of step 1', step: 1 });
    machine.happen({ kind: 'commitJournaled', record });
    expect(apply(machine, [1, 2])).toContainEqual({ kind: 'snapshot', step: 1, sessions: [1, 2] });
  });

  it('is the end: what comes after it is refused', () => {
    const machine = started();
    makeStep(machine);
    give(machine, { command: 'stop', reason: 'enough', snapshot: true });
    expect(answer(machine, { command: 'pause' })).toEqual({ isDone: false, says: 'the run is ending' });
  });
});

describe('snapshot', () => {
  it('is taken at once in a pause, and once of a step', () => {
    const machine = started();
    give(machine, { command: 'pause' });
    makeStep(machine);
    expect(give(machine, { command: 'snapshot' }).at(-1)).toMatchObject({ kind: 'snapshot', step: 1 });
    machine.happen({ kind: 'snapshotWritten', step: 1 });
    expect(kindsOf(give(machine, { command: 'snapshot' }))).toEqual(['answered']);
  });

  it('that failed is tried again at once', () => {
    const machine = started();
    give(machine, { command: 'pause' });
    makeStep(machine);
    give(machine, { command: 'snapshot' });
    machine.happen({ kind: 'snapshotFailed', reason: 'the disk is full' });
    expect(give(machine, { command: 'snapshot' }).at(-1)).toMatchObject({ kind: 'snapshot', step: 1 });
  });

  it('is taken after the first step when there is none yet', () => {
    const machine = started();
    expect(answer(machine, { command: 'snapshot' })).toMatchObject({ says: 'writes a snapshot after step 1' });
    expect(makeStep(machine)).toContainEqual({ kind: 'snapshot', step: 1, sessions: [1, 2] });
  });
});

describe('evaluate', () => {
  it('comes before the plan of the next step, once', () => {
    const machine = started();
    expect(answer(machine, { command: 'evaluate' })).toMatchObject({ says: /after step 1$/, step: 1 });
    expect(makeStep(machine)).toContainEqual(expect.objectContaining({ kind: 'plan', step: 2, evaluates: true }));
    machine.happen({ kind: 'evaluated' });
    machine.happen({ session: 2, kind: 'lost', reason: 'gone' });
    const effects = join(machine, 3, { ...FRESH, appliedStep: 1, parameterDigest: 'p1' });
    for (const effect of effects) if (effect.kind === 'plan') expect(effect.evaluates).toBe(false);
  });

  it('is done at once in a pause', () => {
    const machine = started();
    give(machine, { command: 'pause' });
    makeStep(machine);
    expect(give(machine, { command: 'evaluate' }).at(-1)).toMatchObject({ kind: 'evaluate', step: 1 });
    machine.happen({ kind: 'evaluated' });
    expect(give(machine, { command: 'resume' }).at(-1)).toMatchObject({ kind: 'plan', evaluates: false });
  });
});

describe('the state', () => {
  it('survives JSON in the middle of a step: the run goes on from the copy as from the original', () => {
    const machine = started();
    toReduction(machine);
    const { generation } = machine.state();
    const report = { session: 1, kind: 'reducedReport', generation, step: 1, digest: 'g', norm: 1, atMs: 0 } as const;
    const copy = JSON.parse(JSON.stringify(machine.state())) as State;
    expect(transition(copy, report).effects).toEqual(transition(machine.state(), report).effects);
    const after = { ...report, session: 2 };
    expect(transition(transition(copy, report).state, after).effects).toMatchObject([{ kind: 'commit' }]);
  });
});
