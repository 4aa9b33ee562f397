/** The events of a live run's steps say which messages the step was trained on, so that it can be counted from outside. */
import type { NewEvent } from '../events/event-line.js';
import type { LiveRows } from './live-rows.js';

/** @param setAside rows that were left out for scores that are not finite. */
export function withSequences(event: NewEvent, live: LiveRows, setAside: { has(row: number): boolean }): NewEvent {
  if (event.kind !== 'step') return event;
  const rows = live.planOf(event.step)?.rows ?? [];
  return { ...event, sequences: rows.filter((row) => !setAside.has(row)).map((row) => live.log.record(row).sequence) };
}
