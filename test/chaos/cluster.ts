/**
 * A coordinator and workers as real processes, to be killed, stopped and started again by a test. Each is started by
 * itself, as on machines of their own; none knows that it is in a test, but for the faults it is told to have.
 */

import { join } from 'node:path';
import { freePort } from '../support/free-port.js';
import { type Started, start } from '../support/processes.js';
import type { RunFolder } from '../support/run-folder.js';

export interface ClusterOptions {
  readonly run: RunFolder;
  /** Where this cluster's run leaves its results. */
  readonly output: string;
  /** `--set` for the coordinator. */
  readonly settings: readonly string[];
}

export interface Cluster {
  /** Starts the coordinator, or starts it again: it goes on with what its journal holds. */
  startCoordinator(): Started;
  /** @param fault what the worker does to itself, as `kill@gradients:3`. @param flags more of its command line. */
  startWorker(name: string, fault?: string, flags?: readonly string[]): Started;
  coordinator(): Started;
  worker(name: string): Started;
  /** When the coordinators printed a step's line, or that it was made again, milliseconds since 1970, in order. */
  stepTimesMs(): readonly number[];
  /** Everything that the coordinators of this run logged, one object a line. */
  log(): LogLine[];
  /** Kills what still runs. */
  close(): Promise<void>;
}

export interface LogLine {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Matches once for each step that a chunk of output tells of. */
const STEP_LINE = /^step +\d+\/|"msg":"step made again"/gm;

export async function createCluster({ run, output, settings }: ClusterOptions): Promise<Cluster> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const coordinators: Started[] = [];
  const workers = new Map<string, Started>();
  const everything: Started[] = [];
  const stepTimesMs: number[] = [];
  const keep = (started: Started): Started => {
    everything.push(started);
    return started;
  };
  return {
    startCoordinator() {
      const flags = [`output=${output}`, ...settings].flatMap((setting) => ['--set', setting]);
      // With --json the lines of the steps go to stderr, where a test waits for them.
      const args = ['coordinator', run.config, '--json', '--listen', address, ...flags];
      const coordinator = keep(start(args, run.environment));
      coordinator.child.stderr!.on('data', (text: string) => {
        for (const _ of text.matchAll(STEP_LINE)) stepTimesMs.push(Date.now());
      });
      coordinators.push(coordinator);
      return coordinator;
    },
    startWorker(name, fault, flags = []) {
      const args = ['worker', '--coordinator', address, '--id', name, '--log-format', 'json', ...flags];
      const environment = { ...run.environment, ...(fault !== undefined && { PROSPECT_TEST_FAULT: fault }) };
      const started = keep(start(args, environment));
      workers.set(name, started);
      return started;
    },
    coordinator: () => coordinators.at(-1)!,
    worker: (name) => workers.get(name)!,
    stepTimesMs: () => stepTimesMs,
    log: () => coordinators.flatMap((coordinator) => logLines(coordinator.stderr())),
    async close() {
      for (const { child } of everything) child.kill('SIGKILL');
      await Promise.all(everything.map((started) => started.ended()));
    },
  };
}

/** The safetensors file that a finished run leaves. */
export function resultOf(output: string): string {
  return join(output, 'adapter', 'adapter_model.safetensors');
}

function logLines(stderr: string): LogLine[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine);
}
