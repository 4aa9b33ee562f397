/** The page of a run that goes on: served from before it is opened until all that happened in it is told. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Route } from '../../proto/http/route.js';
import type { Control } from '../control/control.js';
import { createLiveRun, type LiveFacts, type LiveRun } from './live-run.js';
import { pageRoutes } from './page-routes.js';
import type { WatchedRun } from './watched-run.js';

export interface LivePage extends Pick<LiveRun, 'listenTo' | 'recorded'> {
  readonly routes: readonly Route[];
  started(sources: PageStart): void;
  /** Streams are told the end of the run. */
  close(): Promise<void>;
}

export interface PageStart extends LiveFacts {
  readonly control: Control;
  readonly controlToken: string | undefined;
}

/** A reader that takes nothing does not keep the run from its end. */
const LAST_WORDS_MS = 1000;

/** @param host that the listener is bound to. */
export function createLivePage(host: string, onError: (error: Error) => void): LivePage {
  const run = createLiveRun(Date.now);
  const streams = createKeptStreams();
  let sources: PageStart | undefined;
  let shown: readonly WatchedRun[] | undefined;
  const routes = pageRoutes({
    access: { host, token: () => sources?.controlToken },
    runs: () => shown,
    live: { control: () => sources?.control, isOver: streams.isClosing, kept: streams.kept },
  });
  return {
    routes,
    listenTo: run.listenTo,
    recorded: run.recorded,
    started(now) {
      sources = now;
      const open = async () => {
        shown = [await run.open(now)];
      };
      open().catch(onError);
    },
    close: streams.close,
  };
}

function createKeptStreams() {
  let open = 0;
  let isClosing = false;
  let allGone: () => void = () => undefined;
  return {
    isClosing: () => isClosing,
    async *kept(stream: AsyncIterable<string>) {
      open++;
      try {
        yield* stream;
      } finally {
        open--;
        if (open === 0) allGone();
      }
    },
    async close() {
      isClosing = true;
      if (open === 0) return;
      const gone = new Promise<void>((resolve) => {
        allGone = resolve;
      });
      await Promise.race([gone, delay(LAST_WORDS_MS, undefined, { ref: false })]);
    },
  };
}
