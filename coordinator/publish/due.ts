/** When an adapter is published. A pure decision. */
import type { PublishConfig } from '../../core/config/publish.js';

const MS_OF_A_MINUTE = 60_000;

export interface Published {
  /** Of the newest version; 0 before any. */
  readonly step: number;
  /** When it was begun, or the coordinator started. */
  readonly atMs: number;
}

/** @param step committed; 0 is the base model, which nobody needs published. */
export function isDue(
  step: number,
  nowMs: number,
  published: Published,
  { everySteps, everyMinutes }: Pick<PublishConfig, 'everySteps' | 'everyMinutes'>,
): boolean {
  if (step <= published.step) return false;
  const bySteps = everySteps !== undefined && step % everySteps === 0;
  const byTime = everyMinutes !== undefined && nowMs - published.atMs >= everyMinutes * MS_OF_A_MINUTE;
  return bySteps || byTime;
}
