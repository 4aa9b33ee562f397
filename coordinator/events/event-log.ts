/**
 * The events of a run, `<output>/events.jsonl`: numbered from 1 without holes, also over restarts of the coordinator.
 * Steps and evaluations come from the journal and from metrics.jsonl, so a crash neither loses nor repeats one.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Fence } from '../journal/fence.js';
import { replaceByCopy } from '../journal/replace-by-copy.js';
import { type EventLine, eventLine, type NewEvent, readEventLine } from './event-line.js';
import { BEGINNING, openLogFile, type Place } from './log-file.js';
import { EMPTY_LOG, readEnd } from './read-end.js';
import { type Told, toldAfter } from './told.js';

/** In a run's output folder. */
export const EVENTS_FILE = 'events.jsonl';

/** What the parts of the coordinator need: they tell, and wait for nothing. */
export interface RunEvents {
  tell(event: NewEvent): void;
}

export interface EventLog extends RunEvents {
  readonly run: string;
  /** Also by earlier coordinators. */
  told(): Told;
  /** Of the newest event. */
  sequence(): number;
  /** Numbers up to this one are used elsewhere already. */
  skipTo(sequence: number): void;
  /** When there is an event with a higher number, one that is no step where `news` are asked for, or at the abort. */
  beyond(sequence: number, signal: AbortSignal, news?: boolean): Promise<void>;
  /** Events with higher numbers than this, some of them, after they are safe on the disk; from a place on. */
  read(
    after: number,
    place: Place | undefined,
    /** @throws LEASE_LOST: they may be another coordinator's to tell. */
  ): Promise<{ readonly lines: readonly EventLine[]; readonly next: Place }>;
  close(): Promise<void>;
}

export interface EventLogOptions {
  readonly output: string;
  readonly run: string;
  /** A run that goes on keeps its events; those of another run in the same folder are replaced. */
  readonly goesOn: boolean;
  readonly limitBytes: number;
  readonly fence: Pick<Fence, 'mayAct'>;
  /** The events can't be written any more. */
  readonly onError: (error: Error) => void;
  /** Unix time. */
  readonly timeMs: () => number;
}

/** @throws STORAGE */
export async function openEventLog(options: EventLogOptions): Promise<EventLog> {
  const { output, run, goesOn, limitBytes, fence, onError, timeMs } = options;
  const path = join(output, EVENTS_FILE);
  await mkdir(dirname(path), { recursive: true });
  if (goesOn) await replaceByCopy(path);
  const end = goesOn ? await readEnd(path, run) : EMPTY_LOG;
  const file = await openLogFile({ path, length: end.bytes, limitBytes, fence, onError });
  let { sequence: last, told } = end;
  let lastNews = 0;
  const listeners = new Set<() => void>();
  return {
    run,
    told: () => told,
    sequence: () => last,
    tell(event) {
      last++;
      if (event.kind !== 'step') lastNews = last;
      told = toldAfter(told, event);
      // A step is told again from metrics.jsonl when a crash takes it.
      file.append(eventLine(event, { sequence: last, run, timeMs: timeMs() }).text, event.kind === 'step');
      for (const listener of [...listeners]) listener();
    },
    skipTo(sequence) {
      last = Math.max(last, sequence);
    },
    beyond(sequence, signal, news = false) {
      return new Promise((resolve) => {
        const look = () => {
          if ((news ? lastNews : last) <= sequence && !signal.aborted) return;
          listeners.delete(look);
          signal.removeEventListener('abort', look);
          resolve();
        };
        listeners.add(look);
        signal.addEventListener('abort', look);
        look();
      });
    },
    async read(after, place = BEGINNING) {
      const { lines, next } = await file.read(place);
      const events = lines.map(readEventLine).filter((line) => line !== undefined && line.sequence > after);
      // What NATS has must never be ahead of the disk: after a power failure the numbers would be given again.
      if (events.length > 0) {
        await file.sync();
        await fence.mayAct();
      }
      return { lines: events as EventLine[], next };
    },
    close: () => file.close(),
  };
}
