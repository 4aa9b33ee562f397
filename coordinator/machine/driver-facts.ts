/** What the driver's answers, the clock and people's commands say, noted as facts. */
import { takeCommand, takeEvaluated } from './commands.js';
import { takeJournaled } from './commit.js';
import { dropTheLost } from './duties.js';
import { end } from './ending.js';
import type { CommandEvent, DriverEvent } from './events.js';
import { takeRestored } from './restore.js';
import { takeSnapshotFailed, takeSnapshotWritten } from './snapshots.js';
import { takePlan, takeReferencePoint, takeRowsAwaited } from './step.js';
import { type Turn, update } from './turn.js';

type Fact = DriverEvent | CommandEvent;
type Takers = { readonly [Kind in Fact['kind']]: (turn: Turn, fact: Extract<Fact, { kind: Kind }>) => void };

const TAKERS: Takers = {
  tick: dropTheLost,
  rowsAwaited: takeRowsAwaited,
  planned: takePlan,
  referencePointReady: takeReferencePoint,
  commitJournaled: takeJournaled,
  snapshotWritten: takeSnapshotWritten,
  snapshotFailed: takeSnapshotFailed,
  restored: takeRestored,
  saved: (turn) => {
    if (turn.state.phase.name === 'saving') end(turn, { kind: 'finished' });
  },
  saveFailed: (turn) => {
    if (turn.state.phase.name === 'saving') update(turn, { phase: { name: 'training' } });
  },
  evaluated: takeEvaluated,
  command: takeCommand,
};

export function noteFact(turn: Turn, fact: Fact): void {
  (TAKERS[fact.kind] as (turn: Turn, fact: Fact) => void)(turn, fact);
}
