/** What a coordinator knows when it starts: what the journal says, and no worker. */
import type { JournalSummary, Settings, State } from './types.js';

/**
 * Generations go on growing from one coordinator to the next: what a worker or a peer still has from before a restart is
 * older than anything after it. No run changes its members so often.
 */
const GENERATIONS_PER_INCARNATION = 2 ** 20;

export function initialState(settings: Settings, journal: JournalSummary, atMs: number): State {
  const incarnation = journal.incarnation + 1;
  return {
    settings: { ...settings, workers: { ...settings.workers, ...journal.limits } },
    incarnation,
    generation: incarnation * GENERATIONS_PER_INCARNATION,
    lastSession: 0,
    healOrders: 0,
    phase: { name: 'waiting', sinceMs: atMs, isPause: false },
    members: [],
    committed: { step: journal.step, record: journal.record },
    digests: journal.digests,
    redo: journal.redo,
    setAside: journal.setAside,
    work: undefined,
    restored: undefined,
    disagreements: 0,
    speeds: {},
    gaps: {},
    penalties: {},
    snapshots: { step: journal.snapshotStep, atMs, writing: undefined, tried: journal.snapshotStep, isWanted: false },
    commands: { isHeld: journal.isHeld, stop: undefined, evaluation: 'none' },
    learningRates: journal.learningRates,
  };
}
