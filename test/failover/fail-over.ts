/** One fail-over: the leader is struck at some moment, and the standby's takeover is timed. */
import { setTimeout as delay } from 'node:timers/promises';
import { ERROR_TABLE } from '../../core/errors.js';
import { FIRST_STEP, LEADING, type Name, other, type Pair } from './pair.js';

export const STRIKES = [
  'killed',
  /** Goes on after the standby has taken over. */
  'stopped',
  /** Goes on about when its lease runs out: either may lead then. */
  'held up',
] as const;
export type Strike = (typeof STRIKES)[number];

export interface FailOver {
  readonly strike: Strike;
  /** From the strike until the other one leads, and until its first step; undefined where the struck one still leads. */
  readonly leadsMs: number | undefined;
  readonly stepMs: number | undefined;
  readonly leader: Name;
}

/** Steps that a leader makes at least before it is struck, in time. */
const LONGEST_LEAD_MS = 1_500;
/** Around the lease's 2.5 s. */
const HELD_UP_MS = { least: 1_500, most: 4_500 };

/** @throws when the one that was replaced does not end with the code for it. */
export async function failOver(pair: Pair, leader: Name, strike: Strike, random: () => number): Promise<FailOver> {
  const old = pair.coordinator(leader);
  const standby = pair.coordinator(other(leader));
  await old.written(FIRST_STEP);
  await delay(random() * LONGEST_LEAD_MS);
  const struckMs = Date.now();
  old.child.kill(strike === 'killed' ? 'SIGKILL' : 'SIGSTOP');
  const since = async (pattern: RegExp) => {
    await standby.written(pattern);
    return Date.now() - struckMs;
  };
  const times = Promise.all([since(LEADING), since(FIRST_STEP)]);
  times.catch(() => undefined);
  if (strike === 'held up') {
    await delay(HELD_UP_MS.least + random() * (HELD_UP_MS.most - HELD_UP_MS.least));
    old.child.kill('SIGCONT');
    if (await stillLeads(pair, leader)) return { strike, leadsMs: undefined, stepMs: undefined, leader };
  }
  const [leadsMs, stepMs] = await times;
  if (strike === 'stopped') {
    await delay(random() * LONGEST_LEAD_MS);
    old.child.kill('SIGCONT');
  }
  const end = await old.ended();
  const due = strike === 'killed' ? 'SIGKILL' : ERROR_TABLE.LEASE_LOST.exitCode;
  if (end !== due) throw new Error(`the ${strike} leader ended with ${end}: ${old.stderr().slice(-2000)}`);
  pair.startCoordinator(leader);
  return { strike, leadsMs, stepMs, leader: other(leader) };
}

/** By the time that a standby would have taken over from one that was silent ever since. */
async function stillLeads(pair: Pair, leader: Name): Promise<boolean> {
  const isReplaced = Promise.race([
    pair.coordinator(other(leader)).written(LEADING),
    pair.coordinator(leader).ended(),
  ]).then(
    () => true,
    () => true,
  );
  return !(await Promise.race([isReplaced, delay(HELD_UP_MS.most).then(() => false)]));
}
