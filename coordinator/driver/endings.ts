/** How the end of a run is told: to the person who started it, and to workers that are still there. */
import { ProspectError, toProspectError } from '../../core/errors.js';
import type { RunEvents } from '../events/event-log.js';
import type { Outcome, State } from '../machine/types.js';
import type { DriverContext } from './context.js';
import type { SavedResult } from './save-result.js';
import { WHY_SET_ASIDE } from './set-aside-rows.js';

/** Rows that an error names. */
const ROWS_NAMED = 5;

type BadEnd = Exclude<Outcome, { kind: 'finished' }>;
type Sources = Pick<DriverContext, 'config' | 'train'>;

/** @param signal what stopped it, if it was stopped. */
export function endedBy(end: BadEnd, state: State, signal: AbortSignal, sources: Sources): ProspectError {
  const how = howToGoOn(state, sources);
  if (end.kind === 'failed') {
    const rows = end.code === 'NON_FINITE' ? lastSetAside(state, sources) : '';
    return new ProspectError(end.code, `${end.message}${rows}\n${how}`);
  }
  const code = signal.aborted ? toProspectError(signal.reason).code : 'INTERRUPTED';
  return new ProspectError(code, `${end.reason}. ${how}`);
}

/** Another coordinator goes on when a lease was lost, or a disk was put right. What else breaks a run is the end for workers too. */
export function lastWord(error: ProspectError): ProspectError {
  const code = ['STORAGE', 'LEASE_LOST'].includes(error.code) ? 'UNREACHABLE' : 'PROTOCOL';
  return new ProspectError(code, `the coordinator ended the run: ${error.message}`);
}

/** The last event of this coordinator. */
export async function tellingEnd(
  end: Promise<SavedResult>,
  events: RunEvents,
  state: () => State,
): Promise<SavedResult> {
  try {
    const { folder, sha256, parameterDigest } = await end;
    events.tell({ kind: 'runFinished', step: state().committed.step, folder, sha256, parameterDigest });
    return { folder, sha256, parameterDigest };
  } catch (thrown) {
    const { code, message } = toProspectError(thrown);
    const { step } = state().committed;
    // The run goes on, and its events are another coordinator's.
    if (code === 'LEASE_LOST') throw thrown;
    if (code === 'INTERRUPTED') events.tell({ kind: 'runStopped', step, reason: message });
    else events.tell({ kind: 'runFailed', step, code, message });
    throw thrown;
  }
}

function howToGoOn({ committed, snapshots }: State, { config }: Sources): string {
  if (committed.step === 0) return 'No step was finished.';
  if (snapshots.step === 0) return 'There is no snapshot to go on from: resumed, the run begins again.';
  const where = `The run in ${config.output} can go on from step ${snapshots.step}`;
  return `${where}: train with --resume, or start the coordinator again.`;
}

/** The last rows that were set aside, one line each. */
function lastSetAside({ setAside }: State, { train }: Sources): string {
  return setAside
    .slice(-ROWS_NAMED)
    .map((row) => train.origin(row))
    .map(({ file, line }) => `\n  ${file}:${line}: ${WHY_SET_ASIDE}`)
    .join('');
}
