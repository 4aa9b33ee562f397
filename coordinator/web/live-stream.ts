/**
 * What is new in a run, as server-sent events. Each message names the place up to which everything is told (run, step,
 * number of the event), so that whoever connects again, also to a coordinator that was started anew, goes on from there.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { COLUMN_NAMES, type ColumnName } from './columns.js';
import type { WatchedRun } from './watched-run.js';

/** A page looks alive, and a run of 100 steps a second costs four messages. */
const TICK_MS = 250;
/** Proxies end connections that are silent for long. */
const KEEP_ALIVE_MS = 15_000;
/** More steps than this at once are read as curves instead. */
const MOST_STEPS = 5000;

export interface Place {
  readonly run: string;
  readonly step: number;
  readonly sequence: number;
}

export function parsePlace(text: string | undefined): Place | undefined {
  const [, run, step, sequence] = /^([\w-]+):(\d+):(\d+)$/.exec(text ?? '') ?? [];
  return run === undefined ? undefined : { run, step: Number(step), sequence: Number(sequence) };
}

export interface StreamOptions {
  readonly run: WatchedRun;
  /** What the reader has already; `reset` is told when nothing can be added to that. */
  readonly from: Place | undefined;
  readonly signal: AbortSignal;
  /** Nothing more will happen: the rest is told, and the stream ends. */
  isOver(): boolean;
}

export async function* liveStream({ run, from, signal, isOver }: StreamOptions): AsyncGenerator<string> {
  const { columns, timeline } = run;
  if (!from || from.run !== run.id || from.step > columns.last() || columns.last() - from.step > MOST_STEPS) {
    yield message('reset', {});
    return;
  }
  const cuts = columns.cuts();
  let { step, sequence } = from;
  let status = '';
  for (let quietMs = 0; !signal.aborted; quietMs += TICK_MS) {
    const isLast = isOver();
    if (columns.cuts() !== cuts) return yield message('reset', {});
    const events = timeline.after(sequence);
    const told = { steps: stepsAfter(run, step), events, status: run.status() };
    const nowStatus = JSON.stringify(told.status);
    if (told.steps || events.length > 0 || nowStatus !== status) {
      step = columns.last();
      sequence = events.at(-1)?.sequence ?? sequence;
      status = nowStatus;
      quietMs = 0;
      yield message('news', told, `${run.id}:${step}:${sequence}`);
    } else if (quietMs >= KEEP_ALIVE_MS) {
      quietMs = 0;
      yield ':\n\n';
    }
    if (isLast) return yield message('over', {});
    await delay(TICK_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Columns of the new steps; undefined when there are none. */
function stepsAfter({ columns }: WatchedRun, step: number) {
  const last = columns.last();
  if (last <= step) return undefined;
  const values = (name: ColumnName) =>
    Array.from(columns.of(name).subarray(step, last), (value) => (Number.isNaN(value) ? null : value));
  return { from: step + 1, values: Object.fromEntries(COLUMN_NAMES.map((name) => [name, values(name)])) };
}

function message(event: string, data: object, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
