/**
 * A worker says that it cannot pull from another one. That is advice: the fault may be with the one that says so, or in
 * between. The first time the reduction begins again; after that the named one has to go.
 */
import { retryReduction } from './duties.js';
import type { WorkerEvent } from './events.js';
import { penalize } from './penalties.js';
import { disconnect } from './sessions.js';
import { memberOf, type Turn, updateWork } from './turn.js';

/** A peer silent for so long has missed two beats: that settles it. */
const SUSPICIOUS_SILENCE_MS = 1100;

type PeerTrouble = Extract<WorkerEvent, { kind: 'peerTrouble' }>;

export function takePeerTrouble(turn: Turn, { session: reporter, generation, peer }: PeerTrouble): void {
  const { work } = turn.state;
  const isKnown = work?.troubles.some((trouble) => trouble.reporter === reporter && trouble.peer === peer);
  if (work?.stage !== 'reducing' || generation !== turn.state.generation) return;
  const troubles = isKnown ? work.troubles : [...work.troubles, { reporter, peer }];
  updateWork(turn, { troubles });
  const guilty = guiltyOf(turn, troubles, peer, reporter);
  if (guilty === undefined) {
    if (work.reduceRetries === 0) retryReduction(turn);
    return;
  }
  const member = memberOf(turn.state, guilty);
  if (!member) return;
  penalize(turn, member.workerId);
  disconnect(turn, member, 'other workers cannot pull from it, or it cannot pull from them');
}

function guiltyOf(
  turn: Turn,
  troubles: readonly { reporter: number; peer: number }[],
  peer: number,
  reporter: number,
): number | undefined {
  if (new Set(troubles.filter((trouble) => trouble.reporter === reporter).map((trouble) => trouble.peer)).size > 1) {
    return reporter;
  }
  const isNamedTwice = troubles.filter((trouble) => trouble.peer === peer).length > 1;
  const isSilent = turn.atMs - (memberOf(turn.state, peer)?.heardAtMs ?? 0) > SUSPICIOUS_SILENCE_MS;
  const isRepeated = turn.state.work!.reduceRetries > 0;
  return isNamedTwice || isSilent || isRepeated ? peer : undefined;
}
