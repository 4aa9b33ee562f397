/**
 * The all-reduce: the order, and the check of what comes out. A commit needs the same bits on every active worker; who
 * differs from the majority is thrown out. Without a majority (two workers, mostly) all reduce once more: whose bits
 * change is the faulty one.
 */
import type { LeafRange } from '../../core/reduction-tree.js';
import { noteProgress } from './duties.js';
import type { WorkerEvent } from './events.js';
import { disagree, endWithMismatch, expel } from './expel.js';
import { majorityOf } from './majority.js';
import type { ReducedDigest, StepWork } from './step-work.js';
import {
  activeMembers,
  alarm,
  emit,
  newGeneration,
  ownList,
  sendAll,
  type Turn,
  updateMember,
  updateWork,
} from './turn.js';
import type { CommitRecord, Member } from './types.js';

export function orderReduction(turn: Turn): void {
  const { generation, work } = turn.state;
  const { step, attempt, leaves, exampleCount } = work!;
  if (leaves.length === 0) {
    writeCommit(turn, '', undefined);
    return;
  }
  const members = activeMembers(turn.state);
  const holdings = holdingsOf(
    work!,
    members.map(({ session }) => session),
  );
  updateWork(turn, { stage: 'reducing', reduced: [] });
  const leafCount = leaves.length;
  sendAll(turn, members, { kind: 'reduce', generation, step, attempt, leafCount, exampleCount, holdings });
  for (const { session } of members) updateMember(turn, session, { progressAtMs: turn.atMs });
}

/** Each leaf once: of those that hold it, its owner's, else the lowest rank's. */
export function holdingsOf({ leaves }: StepWork, sessions: readonly number[]): LeafRange[][] {
  const holdings: LeafRange[][] = sessions.map(() => []);
  const rankOf = new Map(sessions.map((session, rank) => [session, rank]));
  for (const [leaf, { owner, holders }] of leaves.entries()) {
    const giver = holders.includes(owner) ? owner : sessions.find((session) => holders.includes(session));
    const ranges = holdings[rankOf.get(giver!)!]!;
    const last = ranges.at(-1);
    if (last?.end === leaf) ranges[ranges.length - 1] = { start: last.start, end: leaf + 1 };
    else ranges.push({ start: leaf, end: leaf + 1 });
  }
  return holdings;
}

type ReducedReport = Extract<WorkerEvent, { kind: 'reducedReport' }>;

export function takeReduced(turn: Turn, member: Member, { session, digest, norm }: ReducedReport): void {
  const { work } = turn.state;
  if (work?.stage !== 'reducing' || work.reduced.some((reduced) => reduced.session === session)) return;
  const reduced = ownList(turn, work.reduced);
  reduced.push({ session, digest, norm });
  updateWork(turn, { reduced });
  noteProgress(turn, member, 'reducing');
}

/** When all have reported: commit, throw out, or reduce again. */
export function decideCommit(turn: Turn): void {
  const { work } = turn.state;
  const members = activeMembers(turn.state);
  if (work?.stage !== 'reducing' || members.length === 0) return;
  if (work.reduced.length < members.length) return;
  const reported = new Set(work.reduced.map(({ session }) => session));
  if (members.some(({ session }) => !reported.has(session))) return;
  const answers = work.reduced.map(answerOf);
  const right = majorityOf(answers, members.length);
  if (right === undefined) {
    reduceAgain(turn, work);
    return;
  }
  const differing = new Set(
    work.reduced.filter((reduced) => answerOf(reduced) !== right).map(({ session }) => session),
  );
  const reason = `its reduced gradient of step ${work.step} differed from that of the others`;
  for (const member of members) if (differing.has(member.session)) expel(turn, member, reason);
  if (differing.size > 0) return;
  const { digest, norm } = work.reduced[0]!;
  const suspects = changedSince(work.reducedBefore, work.reduced);
  writeCommit(turn, digest, norm);
  if (suspects.length === members.length)
    alarm(turn, `all reduced gradients of step ${work.step} changed in a second run`);
  else for (const member of members) if (suspects.includes(member.session)) expel(turn, member, `${reason} at first`);
}

function reduceAgain(turn: Turn, { step, reduced, reducedBefore }: StepWork): void {
  const names = activeMembers(turn.state).map(({ workerId }) => workerId);
  if (reducedBefore.length > 0) {
    disagree(turn, `the reduced gradient of step ${step} differs between ${names.join(', ')}, twice`);
    return;
  }
  alarm(turn, `the reduced gradient of step ${step} differs between ${names.join(', ')}: it is reduced again`);
  newGeneration(turn);
  updateWork(turn, { reducedBefore: reduced });
}

function changedSince(before: readonly ReducedDigest[], now: readonly ReducedDigest[]): number[] {
  return now.flatMap(({ session, ...reduced }) => {
    const first = before.find((digest) => digest.session === session);
    return first && answerOf(first) !== answerOf({ session, ...reduced }) ? [session] : [];
  });
}

function answerOf({ digest, norm }: ReducedDigest): string {
  return `${digest} ${norm}`;
}

/** From here on the step is decided. One that was committed before must come out the same. */
function writeCommit(turn: Turn, gradientDigest: string, norm: number | undefined): void {
  const { step, attempt, z0, learningRate } = turn.state.work!;
  const skipped = norm === undefined;
  const record: CommitRecord = { step, attempt, z0: z0!, gradientDigest, norm, learningRate, skipped };
  const before = turn.state.redo.find((commit) => commit.step === step);
  if (before && !isSameCommit(before, record)) {
    endWithMismatch(turn, `step ${step}, made again from a snapshot, gave other bits than the journal says`);
    return;
  }
  updateWork(turn, { stage: 'journaling' });
  emit(turn, { kind: 'commit', record });
}

function isSameCommit(a: CommitRecord, b: CommitRecord): boolean {
  const fields = ['gradientDigest', 'z0', 'norm', 'attempt', 'learningRate'] as const;
  return fields.every((field) => a[field] === b[field]);
}
