/** Commands that change how the run goes on for good: limits of workers, and the learning rate. */
import { describe, expect, it } from 'vitest';
import { summarizeJournal } from './journal-summary.js';
import { answer, createMachine, FRESH, give, join, kindsOf, makeStep, SETTINGS } from './machine-fixture.js';
import type { CommitRecord, JournalRecord } from './types.js';

const COMMIT: CommitRecord = {
  step: 1,
  attempt: 0,
  z0: 0.5,
  gradientDigest: 'g',
  norm: 1,
  learningRate: 0.1,
  skipped: false,
};

function started(settings: Parameters<typeof createMachine>[0] = {}) {
  const machine = createMachine(settings);
  join(machine, 1);
  join(machine, 2);
  return machine;
}

describe('limits of workers', () => {
  it('send workers over the maximum back between two steps, and let them in again', () => {
    const machine = started({ workers: { ...SETTINGS.workers, min: 1 } });
    const says = 'trains with 1 to 1 workers from now on; 1 of 2 step back after step 1';
    expect(answer(machine, { command: 'workers', max: 1 })).toMatchObject({ says });
    makeStep(machine);
    const statuses = () => machine.state().members.map(({ status }) => status);
    expect(statuses()).toEqual(['active', 'following']);
    give(machine, { command: 'workers', max: 2 });
    expect(statuses()).toEqual(['active', 'active']);
  });

  it('make a run wait that has fewer than the minimum, and go on when it is lowered', () => {
    const machine = started();
    expect(kindsOf(give(machine, { command: 'workers', min: 3, max: 3 }))).toContain('paused');
    expect(kindsOf(give(machine, { command: 'workers', min: 2 }))).toContain('resumed');
  });

  it.each([
    { min: 3, max: undefined, says: /a minimum of 3 workers is more than the maximum of 2/ },
    { min: 0, max: undefined, says: /from 1 to 64, not 0 and 2/ },
    { min: undefined, max: 65, says: /from 1 to 64, not 2 and 65/ },
  ])('of $min to $max are refused', ({ says, ...limits }) => {
    const machine = started();
    const before = machine.state();
    expect(answer(machine, { command: 'workers', ...limits })).toMatchObject({ isDone: false, says });
    expect(machine.state()).toEqual(before);
  });
});

describe('a learning rate', () => {
  const change = { command: 'learningRate', learningRate: 0.5 } as const;

  it('counts from the first step that is not begun, when none is named', () => {
    const machine = started();
    expect(answer(machine, change)).toMatchObject({ says: 'the peak learning rate is 0.5 from step 2 on', step: 2 });
    expect(makeStep(machine)).toContainEqual(expect.objectContaining({ kind: 'plan', step: 2, peakLearningRate: 0.5 }));
  });

  it.each([1, 4])('is refused from step %d on: it is at work, or after the last one', (fromStep) => {
    const says = `the learning rate can be changed from step 2 to 3, not from step ${fromStep} on`;
    expect(answer(started(), { ...change, fromStep })).toEqual({ isDone: false, says });
  });

  it('is refused for a step that was made before the run went back, which must come out the same', () => {
    const record = { ...COMMIT, step: 2 };
    const records: JournalRecord[] = [
      { kind: 'commit', ...COMMIT },
      { kind: 'commit', ...record },
      { kind: 'restored', step: 1, setAside: [] },
    ];
    const machine = createMachine({}, summarizeJournal(records));
    expect(answer(machine, { ...change, fromStep: 2 })).toMatchObject({ isDone: false });
    expect(answer(machine, { ...change, fromStep: 3 })).toMatchObject({ isDone: true });
  });

  it('of a snapshot that the journal does not reach is taken over, and journaled', () => {
    const machine = createMachine({ graceMs: 0 });
    machine.nowMs = 1;
    join(machine, 1, { ...FRESH, appliedStep: -1 });
    join(machine, 2, { ...FRESH, appliedStep: -1 });
    expect(machine.state().phase.name).toBe('restoring');
    const learningRates = [{ fromStep: 1, learningRate: 0.5 }];
    const restored = { step: 2, parameterDigest: 'p2', record: undefined, redo: [], setAside: [], learningRates };
    const effects = machine.happen({ kind: 'restored', ...restored });
    expect(machine.state().learningRates).toEqual(learningRates);
    const journaled = effects.flatMap((effect) => (effect.kind === 'journal' ? [effect.record] : []));
    expect(summarizeJournal(journaled).learningRates).toEqual(learningRates);
  });

  it('is the next coordinator’s too', () => {
    const machine = started();
    const journaled = give(machine, change).flatMap((effect) => (effect.kind === 'journal' ? [effect.record] : []));
    expect(summarizeJournal(journaled).learningRates).toEqual(machine.state().learningRates);
  });
});
