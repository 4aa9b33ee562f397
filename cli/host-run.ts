/**
 * Hosting a run, for `train` and `coordinator`: the coordinator in this process, with lines, log and result on a
 * terminal. SIGUSR1 takes a snapshot.
 */
import { randomUUID } from 'node:crypto';
import type { SavedResult } from '../coordinator/driver/save-result.js';
import { startKeeper } from '../coordinator/lease/start-keeper.js';
import type { ResumeOptions } from '../coordinator/open-run.js';
import { type StartedRun, startRun } from '../coordinator/run.js';
import type { RunLog } from '../coordinator/run-log.js';
import { openRunReport, type RunReport } from '../coordinator/run-report.js';
import { cacheFolder } from '../core/cache-folder.js';
import type { RunConfig } from '../core/config/schema.js';
import type { Endpoint } from '../proto/transport/listen.js';
import type { Security } from '../proto/transport/security.js';
import { createLogger } from './logger.js';
import { sampleSnapshots } from './sample-snapshots.js';
import { createScreen } from './screen.js';

export interface HostOptions {
  readonly config: RunConfig;
  readonly resume: ResumeOptions;
  readonly endpoint: Endpoint;
  readonly security: Security;
  /** Waits while another coordinator leads. */
  readonly standby: boolean;
  /** Workers of an earlier coordinator can reach this one. */
  readonly workersMayBeThere: boolean;
  /** Another coordinator is started whenever one ends. */
  readonly isSupervised: boolean;
  /** The result as one JSON object on stdout; human lines then go to stderr. */
  readonly json: boolean;
  readonly signal: AbortSignal;
  /** Takes part while the run goes on, and cleans up after itself. */
  readonly during: (run: StartedRun, tools: HostTools) => Promise<SavedResult>;
}

export interface HostTools {
  readonly log: RunLog;
  /** Writes text to stderr without tearing the progress bar. */
  writeLog(text: string): void;
}

export async function hostRun(options: HostOptions): Promise<void> {
  const { config, json, during, ...settings } = options;
  const screen = createScreen({ humanLines: json ? process.stderr : process.stdout });
  const log = createLogger({ level: config.logLevel, write: screen.writeLog });
  let report: RunReport | undefined;
  const run = await startRun({
    ...settings,
    config,
    newRunId: randomUUID(),
    controlToken: process.env.PROSPECT_TOKEN,
    keepLease: startKeeper,
    cacheDir: cacheFolder(),
    log,
    openReport: async (run) => {
      const now = () => performance.now();
      report = await openRunReport({ ...run, stream: screen.humanLines, log, now });
      return report;
    },
  });
  if (!run) return;
  process.on('SIGUSR1', run.snapshot);
  const sampling = sampleSnapshots(config, log);
  const tools = { log, writeLog: screen.writeLog };
  const saved = await during(run, tools)
    .catch((error: unknown) => {
      log.debug({ err: error }, 'the run failed');
      throw error;
    })
    .finally(async () => {
      process.off('SIGUSR1', run.snapshot);
      await sampling.stop();
    });
  if (json) process.stdout.write(`${JSON.stringify({ ...saved, ...report?.summary() })}\n`);
}
