/** The page of a run, or of several laid over each other: its files, what it shows, and what it may be told to do. */
import { type Route, textAnswer, type WebAnswer } from '../../proto/http/route.js';
import { answerRequest } from '../control/answer-request.js';
import type { Control } from '../control/control.js';
import { type Access, guarded } from './access.js';
import { curvesOf, gridOf } from './curves.js';
import { liveStream, parsePlace } from './live-stream.js';
import { pageFiles } from './page-files.js';
import { readSamples } from './samples.js';
import type { WatchedRun } from './watched-run.js';

export interface PageSources {
  readonly access: Access;
  /** undefined while the run is being opened. */
  runs(): readonly WatchedRun[] | undefined;
  /** Of a run that goes on; undefined: what is shown is read from files. */
  readonly live: LiveSources | undefined;
}

export interface LiveSources {
  control(): Control | undefined;
  /** Nothing more will happen. */
  isOver(): boolean;
  /** The same stream; the listener is not closed before its end. */
  kept(stream: AsyncIterable<string>): AsyncIterable<string>;
}

/** A screen has no more columns. */
const MOST_BUCKETS = 4000;

export function pageRoutes(sources: PageSources): Route[] {
  const { access, live } = sources;
  const data = [runsRoute(sources), curvesRoute(sources), timelineRoute(sources), samplesRoute(sources)];
  const more = live ? [eventsRoute(sources, live), commandRoute(live)] : [];
  return [...pageFiles(), ...[...data, ...more].map((route) => guarded(route, access))];
}

function runsRoute({ runs, live }: PageSources): Route {
  return get('/api/runs', () => {
    const all = runs();
    if (!all) return preparing();
    const shown = all.map(({ id, name, config, totalSteps, columns, status }) => {
      return { id, name, config, totalSteps, lastStep: columns.last(), status: status() };
    });
    return json({ isLive: live !== undefined, runs: shown });
  });
}

/** ?run=0&from=1&to=1000&buckets=600; without from and to, all of it. */
function curvesRoute({ runs }: PageSources): Route {
  return get('/api/curves', ({ query }) => {
    const all = runs();
    if (!all) return preparing();
    const run = all[numberIn(query, 'run', 0)];
    if (!run) return textAnswer(404, 'There is no such run here.');
    const longest = Math.max(...all.map(({ columns }) => columns.last()));
    const from = Math.max(1, numberIn(query, 'from', 1));
    const to = Math.max(from, numberIn(query, 'to', longest));
    const buckets = Math.min(MOST_BUCKETS, Math.max(1, numberIn(query, 'buckets', 600)));
    return json(curvesOf(run.columns, gridOf(from, to, buckets)));
  });
}

function timelineRoute({ runs }: PageSources): Route {
  return get('/api/timeline', ({ query }) => {
    const run = runs()?.[numberIn(query, 'run', 0)];
    return run ? json(run.timeline.after(0)) : preparing();
  });
}

function samplesRoute({ runs }: PageSources): Route {
  return get('/api/samples', async () => {
    const run = runs()?.[0];
    return run ? json(await readSamples(run.folder, run.id)) : preparing();
  });
}

function eventsRoute({ runs }: PageSources, { isOver, kept }: LiveSources): Route {
  return get('/api/events', ({ headers, signal }) => {
    const run = runs()?.[0];
    if (!run) return preparing();
    const from = parsePlace(headers['last-event-id'] as string | undefined);
    return { type: 'text/event-stream', body: kept(liveStream({ run, from, signal, isOver })) };
  });
}

/** As over NATS: the token is in the request, so that no other site can have a browser send one. */
function commandRoute({ control }: LiveSources): Route {
  return {
    method: 'POST',
    path: '/api/command',
    async handle({ body }) {
      const now = control();
      if (!now) return preparing();
      return json(await answerRequest(body, now));
    },
  };
}

function get(path: string, handle: Route['handle']): Route {
  return { method: 'GET', path, handle };
}

function json(value: unknown): WebAnswer {
  return { type: 'application/json', body: JSON.stringify(value) };
}

function preparing(): WebAnswer {
  return textAnswer(503, 'The run is being opened.', { 'retry-after': '1' });
}

function numberIn(query: URLSearchParams, name: string, otherwise: number): number {
  const text = query.get(name);
  const number = Number(text);
  return text !== null && Number.isInteger(number) && number >= 0 ? number : otherwise;
}
