/** What happened in a run beside its steps, numbered as in its event log; the newest part of it. */
import { existsSync } from 'node:fs';
import type { RunEvent } from '../../core/events/run-event.js';
import { readLines } from '../dataset/jsonl.js';
import { readEventLine } from '../events/event-line.js';

/** A page shows no more; events.jsonl has all. */
const MOST_EVENTS = 2000;

export interface Timeline {
  after(sequence: number): readonly RunEvent[];
  add(event: RunEvent): void;
  /** What came before all that was added. */
  precede(events: readonly RunEvent[]): void;
}

export function createTimeline(): Timeline {
  let events: RunEvent[] = [];
  return {
    after: (sequence) => events.filter((event) => event.sequence > sequence),
    add(event) {
      events.push(event);
      if (events.length > 2 * MOST_EVENTS) events = events.slice(-MOST_EVENTS);
    },
    precede(earlier) {
      const first = events[0]?.sequence ?? Number.POSITIVE_INFINITY;
      events = [...earlier.filter(({ sequence }) => sequence < first), ...events].slice(-MOST_EVENTS);
    },
  };
}

/** The newest events of an events.jsonl, steps left out; none where there is no file. @param run undefined: any. */
export async function readTimeline(path: string, run: string | undefined): Promise<RunEvent[]> {
  let lines: string[] = [];
  if (!existsSync(path)) return [];
  for await (const { text } of readLines(path)) {
    const line = readEventLine(text);
    if (line && line.kind !== 'step') lines.push(text);
    if (lines.length > 2 * MOST_EVENTS) lines = lines.slice(-MOST_EVENTS);
  }
  const events = lines.slice(-MOST_EVENTS).map((text) => JSON.parse(text) as RunEvent);
  return events.filter((event) => run === undefined || event.run === run);
}
