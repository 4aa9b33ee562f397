/** Hosting a run, for `train` and `coordinator`: the coordinator in this process, with lines, log and result on a terminal. */
import { randomUUID } from 'node:crypto';
import { type SavedResult, type StartedRun, startRun } from '../coordinator/run.js';
import { openRunReport, type RunReport } from '../coordinator/run-report.js';
import { cacheFolder } from '../core/cache-folder.js';
import type { RunConfig } from '../core/config/schema.js';
import type { Endpoint } from '../proto/transport/listen.js';
import { createLogger } from './logger.js';
import { createScreen } from './screen.js';

export interface HostOptions {
  readonly config: RunConfig;
  readonly endpoint: Endpoint;
  /** The result as one JSON object on stdout; human lines then go to stderr. */
  readonly json: boolean;
  readonly signal: AbortSignal;
  /** Takes part while the run goes on, and cleans up after itself. */
  readonly during: (run: StartedRun, tools: HostTools) => Promise<SavedResult>;
}

export interface HostTools {
  /** Writes text to stderr without tearing the progress bar. */
  writeLog(text: string): void;
}

export async function hostRun({ config, endpoint, json, signal, during }: HostOptions): Promise<void> {
  const screen = createScreen({ humanLines: json ? process.stderr : process.stdout });
  const log = createLogger({ level: config.logLevel, write: screen.writeLog });
  let report: RunReport | undefined;
  const run = await startRun({
    config,
    endpoint,
    runId: randomUUID(),
    cacheDir: cacheFolder(),
    log,
    signal,
    openReport: async (resolved, totalSteps) => {
      const now = () => performance.now();
      report = await openRunReport({ config: resolved, totalSteps, stream: screen.humanLines, log, now });
      return report;
    },
  });
  const saved = await during(run, { writeLog: screen.writeLog }).catch((error: unknown) => {
    log.debug({ err: error }, 'the run failed');
    throw error;
  });
  if (json) process.stdout.write(`${JSON.stringify({ ...saved, ...report?.summary() })}\n`);
}
