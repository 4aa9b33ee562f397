/** Workers that connect, say what they hold, and leave. */
import type { WorkerEvent } from './events.js';
import { releaseWork } from './release.js';
import { emit, memberOf, newGeneration, send, type Turn, update, updateMember } from './turn.js';
import type { HeldState, Member } from './types.js';

type Joined = Extract<WorkerEvent, { kind: 'joined' }>;

/** A new connection replaces an older one of the same worker: whoever died or was cut off comes back this way. */
export function join(turn: Turn, { session, workerId, workerIncarnation, held }: Joined): void {
  const { state } = turn;
  if (session <= state.lastSession) return;
  const before = state.members.find((member) => member.workerId === workerId);
  if (before) disconnect(turn, before, 'a newer connection of the same worker replaces it');
  const member: Member = {
    session,
    workerId,
    workerIncarnation,
    status: 'loading',
    appliedStep: -1,
    parameterDigest: '',
    held: undefined,
    sinceGeneration: state.generation,
    healOrder: 0,
    isLeaving: false,
    heardAtMs: turn.atMs,
    progressAtMs: turn.atMs,
    progress: '',
    idleSinceMs: undefined,
  };
  const members = [...turn.state.members, member].sort((a, b) => (a.workerId < b.workerId ? -1 : 1));
  update(turn, { members, lastSession: session });
  send(turn, session, { kind: 'welcome', incarnation: state.incarnation });
  if (held) getReady(turn, session, held);
}

export function getReady(turn: Turn, session: number, held: HeldState): void {
  if (memberOf(turn.state, session)?.status !== 'loading') return;
  const { appliedStep, parameterDigest } = held;
  updateMember(turn, session, { status: 'ready', held, appliedStep, parameterDigest });
}

/** Forgets a worker; what only it had is to be computed again. */
export function remove(turn: Turn, { session, status }: Member): void {
  update(turn, { members: turn.state.members.filter((member) => member.session !== session) });
  if (status !== 'active') return;
  releaseWork(turn, session);
  newGeneration(turn);
}

export function disconnect(turn: Turn, member: Member, reason: string): void {
  const { session, workerId } = member;
  emit(turn, { kind: 'disconnect', session, workerId, reason });
  remove(turn, member);
}

/** Lets go workers that asked to leave, unless their gradients are being reduced: then they stay for this step. */
export function letGo(turn: Turn): void {
  const stage = turn.state.work?.stage;
  for (const member of turn.state.members.filter(({ isLeaving }) => isLeaving)) {
    if (member.status === 'active' && (stage === 'reducing' || stage === 'journaling')) continue;
    send(turn, member.session, { kind: 'finish', reason: 'the worker leaves' });
    remove(turn, member);
  }
}
