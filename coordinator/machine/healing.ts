/**
 * Brings workers to the committed step. One that holds what is missing gets the Commit it did not hear; one that is a
 * step behind observes; all others pull the whole state from peers, or from the snapshot when no worker has it.
 */
import type { HealSource } from './effects.js';
import type { WorkerEvent } from './events.js';
import { expel } from './expel.js';
import { activeMembers, agreedDigest, namesOf, send, type Turn, update, updateMember, upToDate } from './turn.js';
import type { Member, State } from './types.js';

/** Tells workers that have said what they hold how to go on, as far as anybody can serve them. */
export function orientReady(turn: Turn): void {
  if (turn.state.phase.name === 'restoring') return;
  for (const member of turn.state.members) {
    if (member.status === 'ready') orient(turn, member);
  }
}

function orient(turn: Turn, member: Member): void {
  const { state } = turn;
  const { committed, generation } = state;
  const { session, appliedStep, parameterDigest } = member;
  const agreed = agreedDigest(state, appliedStep);
  const isGood = agreed === undefined || agreed === parameterDigest;
  if (isGood && appliedStep === committed.step) {
    updateMember(turn, session, { status: 'following' });
    return;
  }
  if (isGood && appliedStep >= 0 && appliedStep === committed.step - 1 && committed.record) {
    const { record } = committed;
    const { reduced } = member.held ?? {};
    const holds = record.skipped || (reduced?.step === record.step && reduced.digest === record.gradientDigest);
    const givers = upToDate(state);
    if (holds) send(turn, session, { kind: 'commit', generation, ...record });
    else if (givers.length > 0)
      send(turn, session, { kind: 'observe', generation, members: namesOf(givers), ...record });
    if (holds || givers.length > 0) {
      updateMember(turn, session, { status: 'following', progressAtMs: turn.atMs });
      return;
    }
  }
  const source = sourceFor(state);
  if (source) heal(turn, session, source);
}

/** Peers alone while there are any: they are nearer, and never older. */
function sourceFor(state: State): HealSource | undefined {
  const peers = upToDate(state).filter(({ status }) => status === 'active');
  const { restored, committed } = state;
  const givers = peers.length > 0 ? peers : upToDate(state);
  if (givers.length > 0) return { kind: 'peers', peers: namesOf(givers) };
  if (restored?.step !== committed.step) return undefined;
  return committed.step === 0 ? { kind: 'base' } : { kind: 'snapshot', ...restored };
}

function heal(turn: Turn, session: number, source: HealSource): void {
  const { generation, committed } = turn.state;
  const healOrder = turn.state.healOrders + 1;
  update(turn, { healOrders: healOrder });
  updateMember(turn, session, { status: 'healing', healOrder, appliedStep: -1, progressAtMs: turn.atMs });
  send(turn, session, { kind: 'heal', order: healOrder, generation, step: committed.step, source });
}

type News<Kind> = Extract<WorkerEvent, { kind: Kind }>;

export function takeHealed(
  turn: Turn,
  member: Member,
  { session, order, step, parameterDigest }: News<'healed'>,
): void {
  if (member.status !== 'healing' || member.healOrder !== order) return;
  const agreed = agreedDigest(turn.state, step);
  if (step > turn.state.committed.step) return;
  if (agreed !== undefined && agreed !== parameterDigest) {
    expel(turn, member, `the state it pulled is not that of step ${step}`);
    return;
  }
  updateMember(turn, session, { status: 'following', appliedStep: step, parameterDigest, progressAtMs: turn.atMs });
}

/** It starts over with a whole heal. */
export function takeBehind(turn: Turn, member: Member, { session, order }: News<'behind'>): void {
  const isBehind = member.status === 'healing' || member.status === 'following';
  if (!isBehind || member.healOrder !== order || member.appliedStep === turn.state.committed.step) return;
  updateMember(turn, session, { status: 'ready', appliedStep: -1, held: undefined });
}

/**
 * Lets workers take part that have the committed parameters. Not into a reduction: its members are fixed. In the middle
 * of the computing they get what they hold already, or nothing, and count from the next step on. While there are too few,
 * a penalty does not count: a doubtful worker is better than none.
 */
export function joiners(turn: Turn): Member[] {
  const { state } = turn;
  const { members, committed, work, penalties, settings, phase } = state;
  const agreed = agreedDigest(state, committed.step);
  const isOpen = phase.name === 'waiting' || phase.name === 'training' || phase.name === 'held';
  if (!isOpen || agreed === undefined || work?.stage === 'reducing' || work?.stage === 'journaling') return [];
  const isWelcome = ({ status, appliedStep, parameterDigest, isLeaving, workerId }: Member) =>
    status === 'following' &&
    appliedStep === committed.step &&
    parameterDigest === agreed &&
    !isLeaving &&
    (phase.name === 'waiting' || (penalties[workerId]?.untilMs ?? 0) <= turn.atMs);
  const welcome = members.filter(isWelcome);
  if (welcome.length === 0) return [];
  const room = settings.workers.max - activeMembers(state).length;
  return welcome.slice(0, Math.max(0, room));
}
