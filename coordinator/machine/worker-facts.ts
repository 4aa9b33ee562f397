/** What each message of a worker says, noted as facts. Messages that are not of here and now are counted and dropped. */
import { takeAudited } from './audit.js';
import { takeApplied } from './commit.js';
import type { WorkerEvent } from './events.js';
import { takeBehind, takeHealed } from './healing.js';
import { takePeerTrouble } from './peer-trouble.js';
import { takeReduced } from './reduction.js';
import { getReady, join, remove } from './sessions.js';
import { isOfPlan, takeLeaf, takeMismatched } from './step.js';
import { emit, memberOf, type Turn, updateMember } from './turn.js';
import type { Member } from './types.js';

type Report = Exclude<WorkerEvent, { kind: 'joined' | 'lost' }>;
type Takers = {
  readonly [Kind in Report['kind']]: (turn: Turn, member: Member, report: Extract<Report, { kind: Kind }>) => void;
};

const TAKERS: Takers = {
  ready: (turn, { session }, { held }) => getReady(turn, session, held),
  heartbeat: noteHeartbeat,
  leaving: (turn, { session }) => updateMember(turn, session, { isLeaving: true }),
  mismatchedReport: takeMismatched,
  leafReport: (turn, member, report) => {
    if (takeAudited(turn, member, report)) takeLeaf(turn, member, report);
  },
  reducedReport: takeReduced,
  appliedReport: takeApplied,
  healed: takeHealed,
  behind: takeBehind,
  peerTrouble: (turn, _, report) => takePeerTrouble(turn, report),
};

export function noteWorker(turn: Turn, event: WorkerEvent): void {
  if (event.kind === 'joined') {
    join(turn, event);
    return;
  }
  const { session } = event;
  const before = memberOf(turn.state, session);
  if (!before) return;
  if (event.kind === 'lost') {
    remove(turn, before);
    return;
  }
  if (before.heardAtMs !== turn.atMs) updateMember(turn, session, { heardAtMs: turn.atMs });
  const member = memberOf(turn.state, session)!;
  if (isStale(turn, member, event)) emit(turn, { kind: 'stale', session, what: event.kind });
  else (TAKERS[event.kind] as (turn: Turn, member: Member, report: Report) => void)(turn, member, event);
}

/** The other messages name a step or an order that is compared where they are taken. */
function isStale(turn: Turn, member: Member, report: Report): boolean {
  switch (report.kind) {
    case 'mismatchedReport':
    case 'leafReport':
      return !isOfPlan(turn, member, report);
    case 'reducedReport':
      return report.generation !== turn.state.generation || report.step !== turn.state.work?.step;
    default:
      return false;
  }
}

function noteHeartbeat(turn: Turn, member: Member, beat: Extract<Report, { kind: 'heartbeat' }>): void {
  const progress = `${beat.phase} ${beat.step} ${beat.progress}`;
  const isIdle = beat.phase === 'idle';
  updateMember(turn, member.session, {
    progress,
    progressAtMs: progress === member.progress || isIdle ? member.progressAtMs : turn.atMs,
    idleSinceMs: isIdle ? (member.idleSinceMs ?? turn.atMs) : undefined,
  });
}
