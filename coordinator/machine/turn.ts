/**
 * One transition at work: rules read and replace the state, and add effects. The state itself is never changed in place,
 * so that from outside a transition is a pure function.
 */
import type { Effect, MemberName, Message } from './effects.js';
import type { StepWork } from './step-work.js';
import type { Member, State } from './types.js';

export interface Turn {
  state: State;
  readonly atMs: number;
  readonly effects: Effect[];
  /** Lists and tables made in this turn, which nobody else has yet: they may be changed in place. */
  readonly own: Set<unknown>;
}

export function beginTurn(state: State, atMs: number): Turn {
  return { state, atMs, effects: [], own: new Set() };
}

/** The same list for this turn to change: with many reports in a turn, a copy for each would be most of the work. */
export function ownList<Item>(turn: Turn, list: readonly Item[]): Item[] {
  if (turn.own.has(list)) return list as Item[];
  const copy = list.slice();
  turn.own.add(copy);
  return copy;
}

export function ownTable<Value>(turn: Turn, table: Readonly<Record<string, Value>>): Record<string, Value> {
  if (turn.own.has(table)) return table;
  const copy = { ...table };
  turn.own.add(copy);
  return copy;
}

export function update(turn: Turn, changes: Partial<State>): void {
  turn.state = { ...turn.state, ...changes };
}

export function updateMember(turn: Turn, session: number, changes: Partial<Member>): void {
  const { members } = turn.state;
  const at = members.findIndex((member) => member.session === session);
  if (at === -1) return;
  const changed = ownList(turn, members);
  changed[at] = { ...members[at]!, ...changes };
  update(turn, { members: changed });
}

export function updateWork(turn: Turn, changes: Partial<StepWork>): void {
  if (turn.state.work) update(turn, { work: { ...turn.state.work, ...changes } });
}

export function emit(turn: Turn, effect: Effect): void {
  turn.effects.push(effect);
}

export function send(turn: Turn, session: number, message: Message): void {
  emit(turn, { kind: 'send', session, message });
}

/** The same message, so that the driver can make it ready once. */
export function sendAll(turn: Turn, to: readonly Pick<Member, 'session'>[], message: Message): void {
  for (const { session } of to) send(turn, session, message);
}

export function alarm(turn: Turn, message: string): void {
  emit(turn, { kind: 'alarm', message });
}

/** Nobody computes: there is no step at work, or it waits for its rows. */
export function isBetweenSteps({ work }: State): boolean {
  return !work || work.awaitsRows;
}

export function memberOf(state: State, session: number): Member | undefined {
  return state.members.find((member) => member.session === session);
}

/** In rank order. */
export function activeMembers(state: State): Member[] {
  return state.members.filter((member) => member.status === 'active');
}

export function namesOf(members: readonly Member[]): MemberName[] {
  return members.map(({ session, workerId }, rank) => ({ rank, session, workerId }));
}

/** Workers that can give the committed state: to who heals, who observes, and for a snapshot. */
export function upToDate(state: State): Member[] {
  const { step } = state.committed;
  return state.members.filter(
    ({ status, appliedStep }) => (status === 'active' || status === 'following') && appliedStep === step,
  );
}

/** The parameters after a step, as the workers agreed on them; undefined before they did, and for steps long ago. */
export function agreedDigest(state: State, step: number): string | undefined {
  return state.digests.find((digest) => digest.step === step)?.parameterDigest;
}

/** Tells all active workers who they are; aborts their pulls. A reduction at work begins again under the new generation. */
export function newGeneration(turn: Turn): void {
  const generation = turn.state.generation + 1;
  update(turn, { generation });
  const members = namesOf(activeMembers(turn.state));
  emit(turn, { kind: 'membersChanged', generation, members });
  sendAll(turn, members, { kind: 'membership', generation, members });
  if (turn.state.work?.stage === 'reducing') updateWork(turn, { stage: 'gradients', reduced: [] });
}
