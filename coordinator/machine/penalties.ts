/** Workers that did harm come back, but not at once: each return could cost the others time. */
import { type Turn, update } from './turn.js';

/** Let in again after this, doubled each time. */
const FIRST_PENALTY_MS = 1000;
const LONGEST_PENALTY_MS = 60_000;

/** Not let in again for a while, longer each time. */
export function penalize(turn: Turn, workerId: string): void {
  const count = (turn.state.penalties[workerId]?.count ?? 0) + 1;
  const untilMs = turn.atMs + Math.min(LONGEST_PENALTY_MS, FIRST_PENALTY_MS * 2 ** (count - 1));
  update(turn, { penalties: { ...turn.state.penalties, [workerId]: { count, untilMs } } });
}
