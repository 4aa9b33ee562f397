/** After the commit record is on the disk: everybody applies the step, and shows that the parameters are the same. */
import { keepGaps, noteProgress } from './duties.js';
import type { DriverEvent, WorkerEvent } from './events.js';
import { disagree, expel } from './expel.js';
import { withDigest } from './journal-summary.js';
import { majorityOf } from './majority.js';
import { activeMembers, agreedDigest, emit, namesOf, send, sendAll, type Turn, update, updateMember } from './turn.js';
import type { Member } from './types.js';

type Journaled = Extract<DriverEvent, { kind: 'commitJournaled' }>;

export function takeJournaled(turn: Turn, { record }: Journaled): void {
  const { work, redo } = turn.state;
  const { step } = record;
  if (work?.stage !== 'journaling' || work.step !== step) return;
  keepGaps(turn);
  const isNew = redo.length === 0;
  update(turn, {
    committed: { step, record },
    redo: redo.filter((other) => other.step > step),
    disagreements: isNew ? 0 : turn.state.disagreements,
    work: undefined,
  });
  const { generation, members } = turn.state;
  const active = activeMembers(turn.state);
  sendAll(turn, active, { kind: 'commit', generation, ...record });
  for (const { session } of active) updateMember(turn, session, { progressAtMs: turn.atMs });
  for (const { session, status } of members) {
    if (status !== 'following' && status !== 'healing') continue;
    send(turn, session, { kind: 'observe', generation, members: namesOf(active), ...record });
  }
}

type Applied = Extract<WorkerEvent, { kind: 'appliedReport' }>;

export function takeApplied(turn: Turn, member: Member, { generation, step, parameterDigest }: Applied): void {
  const { session, status, appliedStep, sinceGeneration } = member;
  const isDue = step === appliedStep + 1 && step <= turn.state.committed.step && generation >= sinceGeneration;
  if (!isDue || (status !== 'active' && status !== 'following')) return;
  if (status === 'active') noteProgress(turn, member, 'applying');
  updateMember(turn, session, { appliedStep: step, parameterDigest });
  const agreed = agreedDigest(turn.state, step);
  if (agreed !== undefined && agreed !== parameterDigest) expelDifferent(turn, step, agreed);
}

/** Finds the parameters that more than half of those who vote have after the committed step, and who has others. */
export function agreeOnParameters(turn: Turn): void {
  const { state } = turn;
  const { step } = state.committed;
  const known = agreedDigest(state, step);
  if (known !== undefined) {
    expelDifferent(turn, step, known);
    return;
  }
  const active = activeMembers(state);
  const isThere = ({ appliedStep }: Member) => appliedStep === step;
  const voters = active.length > 0 ? active : state.members.filter((m) => m.status === 'following' && isThere(m));
  const votes = voters.filter(isThere);
  const agreed = majorityOf(votes.map(digestOf), voters.length);
  if (agreed === undefined) {
    if (votes.length === 0 || votes.length < voters.length) return;
    const names = votes.map(({ workerId }) => workerId).join(', ');
    disagree(turn, `the parameters after step ${step} differ between ${names}, and there is no majority`);
    return;
  }
  update(turn, { digests: withDigest(state.digests, { step, parameterDigest: agreed }) });
  emit(turn, { kind: 'journal', record: { kind: 'applied', step, parameterDigest: agreed } });
  expelDifferent(turn, step, agreed);
}

function expelDifferent(turn: Turn, step: number, agreed: string): void {
  for (const member of turn.state.members) {
    const isWrong = member.appliedStep === step && member.parameterDigest !== agreed;
    const hasState = member.status === 'active' || member.status === 'following';
    if (isWrong && hasState) expel(turn, member, `its parameters after step ${step} differ from those of the others`);
  }
}

function digestOf({ parameterDigest }: Member): string {
  return parameterDigest;
}
