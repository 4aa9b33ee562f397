/** What becomes of a step's work when a worker is gone. Finished scores stay with the coordinator, gradients do not. */

import type { Audit } from './step-work.js';
import { activeMembers, memberOf, type Turn, updateWork } from './turn.js';

export function releaseWork(turn: Turn, session: number): void {
  const { work } = turn.state;
  if (!work) return;
  const isLive = (owner: number) => owner !== session && memberOf(turn.state, owner)?.status === 'active';
  updateWork(turn, {
    mismatched: work.mismatched.map((microbatch) =>
      microbatch.isDone || isLive(microbatch.owner) ? microbatch : { ...microbatch, owner: 0 },
    ),
    leaves: work.leaves.map((leaf) => ({
      ...leaf,
      owner: isLive(leaf.owner) ? leaf.owner : 0,
      holders: leaf.holders.filter((holder) => holder !== session),
    })),
    planned: work.planned.filter((planned) => planned !== session),
    reducedBefore: [],
    troubles: work.troubles.filter(({ reporter, peer }) => reporter !== session && peer !== session),
  });
  if (work.audit?.sessions.includes(session)) replaceAuditor(turn, work.audit, session);
}

/** Another worker compares in its place; with nobody to compare with, the audit is over. */
function replaceAuditor(turn: Turn, audit: Audit, lost: number): void {
  const remaining = audit.sessions.filter((session) => session !== lost);
  const free = activeMembers(turn.state).filter(({ session }) => !audit.sessions.includes(session));
  const sessions = [...remaining, ...free.map(({ session }) => session).slice(0, 1)];
  const digests = audit.digests.filter(({ session }) => session !== lost);
  const planned = turn.state.work!.planned.filter((session) => !sessions.includes(session));
  updateWork(turn, { planned, audit: sessions.length < 2 ? undefined : { ...audit, sessions, digests } });
}
