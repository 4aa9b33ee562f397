/**
 * One event as a line of JSON that begins with its number and kind, so that a reader of the log needs no parser to find
 * its place, and NATS gets the very bytes that lie on the disk.
 */
import { EVENT_VERSION } from '../../core/events/envelope.js';
import type { RunEvent, RunEventKind } from '../../core/events/run-event.js';

/** What is told; number, run and time are added. */
export type NewEvent = RunEvent extends infer Event
  ? Event extends RunEvent
    ? Omit<Event, 'version' | 'sequence' | 'run' | 'time'>
    : never
  : never;

export interface EventLine {
  readonly sequence: number;
  readonly kind: RunEventKind;
  /** Without the line's end. */
  readonly text: string;
}

export interface Stamp {
  readonly sequence: number;
  readonly run: string;
  /** Unix time. */
  readonly timeMs: number;
}

const LINE = /^\{"version":1,"sequence":(\d+),"kind":"(\w+)",.*\}$/;

/** Numbers that are not finite become null, as JSON has none. */
export function eventLine(event: NewEvent, { sequence, run, timeMs }: Stamp): EventLine {
  const { kind, ...facts } = event;
  const time = new Date(timeMs).toISOString();
  return { sequence, kind, text: JSON.stringify({ version: EVENT_VERSION, sequence, kind, run, time, ...facts }) };
}

/** @returns undefined for what is no whole line. */
export function readEventLine(text: string): EventLine | undefined {
  const [, sequence, kind] = LINE.exec(text) ?? [];
  return sequence === undefined ? undefined : { sequence: Number(sequence), kind: kind as RunEventKind, text };
}
