/** When the machine wants to be woken, should nothing happen before. */
import { settledAtMs } from './admission.js';
import { deadlinesOf } from './duties.js';
import { stoppingDeadlineMs } from './ending.js';
import type { State } from './types.js';

/** @returns ms of the driver's clock; undefined when it waits for events alone. A moment that has passed: at once. */
export function nextDeadlineMs(state: State, atMs: number): number | undefined {
  const { phase, settings, members, penalties, snapshots, commands } = state;
  if (phase.name === 'ended') return undefined;
  const deadlines = deadlinesOf(state);
  const moments = members.flatMap((member) => {
    const { silenceAtMs, lateAtMs, idleAtMs } = deadlines(member);
    return [silenceAtMs, lateAtMs, idleAtMs];
  });
  if (phase.name === 'waiting') {
    const { sinceMs } = phase;
    // A run that is paused does not end for want of workers.
    if (!commands.isHeld) moments.push(sinceMs + settings.workers.waitMs);
    for (const untilMs of [settledAtMs(settings, sinceMs), sinceMs + settings.graceMs]) {
      if (untilMs > atMs) moments.push(untilMs);
    }
  }
  if (phase.name === 'stopping') moments.push(stoppingDeadlineMs(phase.sinceMs));
  for (const { untilMs } of Object.values(penalties)) if (untilMs > atMs) moments.push(untilMs);
  const { everyMs } = settings.snapshots;
  if (everyMs !== undefined && snapshots.atMs + everyMs > atMs) moments.push(snapshots.atMs + everyMs);
  const next = Math.min(...moments);
  return Number.isFinite(next) ? next : undefined;
}
