/**
 * Now and then one leaf is computed by two workers and their gradients' digests compared: the only way to notice a worker
 * that computes wrong without failing. A third one decides who is right; where there is none, both compute it again.
 */
import { hashIntegers } from '../../core/order/mix.js';
import { noteProgress } from './duties.js';
import type { WorkerEvent } from './events.js';
import { disagree, expel } from './expel.js';
import { majorityOf } from './majority.js';
import type { Audit } from './step-work.js';
import { activeMembers, alarm, newGeneration, type Turn, updateWork } from './turn.js';
import type { Member } from './types.js';

type LeafReport = Extract<WorkerEvent, { kind: 'leafReport' }>;

/** Leaf and second worker change from audit to audit, so that in time every pair meets. */
export function startAudit(turn: Turn): void {
  const { settings, work, generation } = turn.state;
  const { auditEverySteps } = settings;
  const members = activeMembers(turn.state);
  if (!work || auditEverySteps === 0 || work.step % auditEverySteps !== 0) return;
  if (members.length < 2 || work.leaves.length === 0) return;
  const leaf = hashIntegers(work.step, 1) % work.leaves.length;
  const { owner } = work.leaves[leaf]!;
  const others = members.filter(({ session }) => session !== owner);
  const second = others[hashIntegers(work.step, 2) % others.length]!;
  const sessions = [owner, second.session];
  updateWork(turn, { audit: { leaf, sinceGeneration: generation, sessions, digests: [], before: [] } });
}

/** @returns false when the report is from before both were asked to compute the leaf again. */
export function takeAudited(turn: Turn, member: Member, { leaf, digest, generation, z0 }: LeafReport): boolean {
  const { work } = turn.state;
  const audit = work?.audit;
  if (!audit || audit.leaf !== leaf) return true;
  if (generation < audit.sinceGeneration) return false;
  const { session } = member;
  const isDue = audit.sessions.includes(session) && !audit.digests.some((known) => known.session === session);
  if (work.stage !== 'gradients' || z0 !== work.z0 || !isDue || digest === '') return true;
  updateWork(turn, { audit: { ...audit, digests: [...audit.digests, { session, digest }] } });
  noteProgress(turn, member, 'gradients');
  return true;
}

/** When all who compute the audited leaf have reported. */
export function decideAudit(turn: Turn): void {
  const { work } = turn.state;
  const audit = work?.audit;
  if (!audit || audit.digests.length < audit.sessions.length) return;
  const right = majorityOf(
    audit.digests.map(({ digest }) => digest),
    audit.sessions.length,
  );
  if (right === undefined) askAgain(turn, audit);
  else settle(turn, audit, right);
}

function settle(turn: Turn, audit: Audit, right: string): void {
  updateWork(turn, { audit: undefined });
  const now = new Set(audit.digests.filter(({ digest }) => digest !== right).map(({ session }) => session));
  const before = audit.before.filter(({ digest }) => digest !== right).map(({ session }) => session);
  const wrong = before.length === 1 ? new Set([...now, ...before]) : now;
  const { step } = turn.state.work!;
  for (const member of activeMembers(turn.state)) {
    if (wrong.has(member.session)) expel(turn, member, `its gradient of leaf ${audit.leaf} of step ${step} was wrong`);
  }
}

function askAgain(turn: Turn, audit: Audit): void {
  const work = turn.state.work!;
  const active = activeMembers(turn.state);
  const names = active.filter(({ session }) => audit.sessions.includes(session)).map(({ workerId }) => workerId);
  const message = `the gradient of leaf ${audit.leaf} of step ${work.step} differs between ${names.join(', ')}`;
  const third = active.find(({ session }) => !audit.sessions.includes(session));
  if (third && audit.sessions.length === 2) {
    alarm(turn, `${message}; ${third.workerId} decides`);
    updateWork(turn, {
      audit: { ...audit, sessions: [...audit.sessions, third.session] },
      planned: work.planned.filter((session) => session !== third.session),
    });
    return;
  }
  if (audit.before.length > 0 || audit.sessions.length > 2) {
    disagree(turn, message);
    return;
  }
  alarm(turn, `${message}; both compute it again`);
  newGeneration(turn);
  updateWork(turn, {
    audit: { ...audit, sinceGeneration: turn.state.generation, digests: [], before: audit.digests },
    leaves: work.leaves.with(audit.leaf, { ...work.leaves[audit.leaf]!, holders: [] }),
    planned: work.planned.filter((session) => !audit.sessions.includes(session)),
  });
}
