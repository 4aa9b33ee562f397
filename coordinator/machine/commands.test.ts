import { describe, expect, it } from 'vitest';
import { apply, commitOf, createMachine, join, kindsOf, reduce, sent, toReduction } from './machine-fixture.js';
import { transition } from './transition.js';
import type { State } from './types.js';

function started() {
  const machine = createMachine();
  join(machine, 1);
  join(machine, 2);
  return machine;
}

describe('commands', () => {
  it('pause between two steps, and go on', () => {
    const machine = started();
    machine.happen({ kind: 'command', command: 'pause', reason: '' });
    toReduction(machine);
    reduce(machine, 1);
    machine.happen({ kind: 'commitJournaled', record: commitOf(reduce(machine, 2)) });
    expect(kindsOf(apply(machine, [1, 2]))).not.toContain('plan');
    expect(kindsOf(machine.happen({ kind: 'command', command: 'resume', reason: '' }))).toContain('plan');
  });

  it('stop at once, with a snapshot of the last committed step', () => {
    const machine = started();
    toReduction(machine);
    reduce(machine, 1);
    machine.happen({ kind: 'commitJournaled', record: commitOf(reduce(machine, 2)) });
    apply(machine, [1, 2]);
    const stopping = machine.happen({ kind: 'command', command: 'stop', reason: 'SIGTERM' });
    expect(stopping).toEqual([{ kind: 'snapshot', step: 1, sessions: [1, 2] }]);
    const effects = machine.happen({ kind: 'snapshotWritten', step: 1 });
    expect(sent(effects, 'finish')).toHaveLength(2);
    expect(effects.at(-1)).toEqual({ kind: 'ended', outcome: { kind: 'stopped', reason: 'SIGTERM' } });
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
