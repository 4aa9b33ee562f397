/** Back to a snapshot: the steps after it are made again, and must give what the journal says of them. */
import type { DriverEvent } from './events.js';
import { withDigest } from './journal-summary.js';
import { withKept } from './learning-rates.js';
import { emit, newGeneration, type Turn, update } from './turn.js';
import type { Member } from './types.js';

type Restored = Extract<DriverEvent, { kind: 'restored' }>;

export function takeRestored(turn: Turn, event: Restored): void {
  const { state } = turn;
  const { step, parameterDigest, record, redo, setAside } = event;
  const learningRates = withKept(state.learningRates, event.learningRates ?? state.learningRates, step);
  if (state.phase.name !== 'restoring') return;
  const restored = { step, parameterDigest };
  const digests = state.digests.filter((digest) => digest.step <= step);
  const sinceGeneration = state.generation + 1;
  update(turn, {
    phase: { name: 'waiting', sinceMs: turn.atMs, isPause: true },
    committed: { step, record },
    digests: step === 0 ? digests : withDigest(digests, restored),
    redo,
    setAside,
    learningRates,
    work: undefined,
    restored,
    members: state.members.map((member) => ({ ...toHeal(member), sinceGeneration })),
    snapshots: { ...state.snapshots, step, tried: step, atMs: turn.atMs },
  });
  emit(turn, { kind: 'journal', record: { kind: 'restored', step, setAside, learningRates } });
  newGeneration(turn);
}

/** Only a worker that never got an order is surely at the step that it said. */
function toHeal(member: Member): Member {
  if (member.status === 'loading' || member.status === 'ready') return member;
  return { ...member, status: 'ready', appliedStep: -1, held: undefined };
}
