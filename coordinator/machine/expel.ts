/** What happens to workers whose bits are wrong, and to the run when nobody can say whose are right. */
import { endRun } from './ending.js';
import { penalize } from './penalties.js';
import { releaseWork } from './release.js';
import { alarm, emit, memberOf, newGeneration, type Turn, update, updateMember } from './turn.js';
import type { Member } from './types.js';

/** After going back so often without a commit in between, it is no passing fault. */
const DISAGREEMENTS = 3;

/**
 * Throws a worker out of the step; it heals in its session. Whatever it had a hand in is made again, the reference point
 * too; the others keep their leaves, which count again if that comes out the same.
 */
export function expel(turn: Turn, { session, workerId, status }: Member, reason: string): void {
  if (!memberOf(turn.state, session)) return;
  emit(turn, { kind: 'expelled', session, workerId, reason });
  alarm(turn, `worker ${workerId} is thrown out: ${reason}. Look for failing memory or different hardware there.`);
  penalize(turn, workerId);
  const sinceGeneration = turn.state.generation + 1;
  updateMember(turn, session, { status: 'ready', appliedStep: -1, held: undefined, sinceGeneration });
  releaseWork(turn, session);
  if (status === 'active' && turn.state.work?.stage !== 'journaling') update(turn, { work: undefined });
  newGeneration(turn);
}

/** Nobody can tell who is right: everybody goes back to the newest good snapshot. */
export function disagree(turn: Turn, message: string): void {
  const disagreements = turn.state.disagreements + 1;
  if (disagreements > DISAGREEMENTS) {
    endWithMismatch(turn, message);
    return;
  }
  alarm(turn, `${message}; the run goes back to its newest good snapshot`);
  update(turn, { disagreements });
  beginRestore(turn);
}

export function beginRestore(turn: Turn): void {
  update(turn, { phase: { name: 'restoring' }, work: undefined });
  emit(turn, { kind: 'restore' });
}

export function endWithMismatch(turn: Turn, message: string): void {
  const remedy = 'Look for failing memory or different hardware, then resume from the newest snapshot.';
  endRun(turn, { kind: 'failed', code: 'WORKER_MISMATCH', message: `${message}. ${remedy}` });
}
