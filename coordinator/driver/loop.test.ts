import { expect, test } from 'vitest';
import type { Effect } from '../machine/effects.js';
import { initialState } from '../machine/initial-state.js';
import { EMPTY_JOURNAL } from '../machine/journal-summary.js';
import type { Settings } from '../machine/types.js';
import { createLoop, type Loop } from './loop.js';

const SETTINGS: Settings = {
  totalSteps: 1,
  workers: { min: 1, max: 1, waitMs: 60_000 },
  graceMs: 0,
  settleMs: 0,
  silenceMs: 60_000,
  phaseFloorMs: 60_000,
  auditEverySteps: 0,
  setAsideLimit: 0,
  snapshots: { everySteps: undefined, everyMs: undefined },
};
const JOINED = { kind: 'joined', session: 1, workerId: 'a', workerIncarnation: 1, held: undefined } as const;
const READY = {
  kind: 'ready',
  session: 1,
  held: { appliedStep: 0, parameterDigest: 'start', leaves: undefined, reduced: undefined },
} as const;

function loopWith(perform: (effect: Effect, loop: Loop) => void, errors: Error[] = []): Loop {
  const initial = initialState(SETTINGS, EMPTY_JOURNAL, 0);
  const onError = (error: Error) => void errors.push(error);
  const loop: Loop = createLoop({ initial, perform: (effect) => perform(effect, loop), onError, now: () => 1 });
  return loop;
}

test('what an effect answers is handled after all effects of its event', () => {
  const kinds: string[] = [];
  const loop = loopWith((effect, { post }) => {
    kinds.push(effect.kind === 'send' ? effect.message.kind : effect.kind);
    if (effect.kind === 'membersChanged') post({ kind: 'lost', session: 1, reason: 'gone' });
  });
  loop.post(JOINED);
  loop.post(READY);
  loop.close();
  const before = kinds.slice(0, kinds.indexOf('plan') + 1);
  expect(before.filter((kind) => kind === 'membersChanged')).toHaveLength(1);
  expect(kinds.at(-1)).toBe('paused');
  expect(loop.state().members).toEqual([]);
});

test('an effect that cannot be done is told, and nothing happens after the end', () => {
  const errors: Error[] = [];
  const loop = loopWith(() => {
    throw new Error('no disk');
  }, errors);
  loop.post(JOINED);
  expect(errors.map(({ message }) => message)).toEqual(['no disk']);
  loop.close();
  loop.post({ ...JOINED, session: 2, workerId: 'b' });
  expect(loop.state().members.map(({ workerId }) => workerId)).toEqual(['a']);
});
