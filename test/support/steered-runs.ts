/** Runs of real processes that are steered with the command line, for tests of commands. */
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { parseRunEvent, type RunEvent } from '../../core/events/run-event.js';
import { type Started, start } from './processes.js';
import { type Finished, prospect } from './prospect.js';
import { createRunFolder, type RunFolder } from './run-folder.js';

/** Each run has a name, which is its output folder's. */
export interface SteeredRuns extends RunFolder {
  outputOf(name: string): string;
  tokenOf(name: string): string;
  startProcess(...args: string[]): Started;
  /** With more flags than its configuration and output folder; resolves when it takes commands. */
  startCoordinator(
    name: string,
    flags: readonly string[],
    listen?: string,
  ): Promise<{ readonly coordinator: Started; readonly address: string }>;
  startWorkers(address: string, ...flags: string[]): Started[];
  /** A coordinator that is killed and started again on the same port. */
  replace(name: string, killed: Started, address: string, flags: readonly string[]): Promise<Started>;
  ask(args: readonly string[], environment?: Record<string, string>): Promise<Finished>;
  /** A command that is obeyed. @returns what it says. */
  give(...args: string[]): Promise<string>;
  /** As `prospect status --json` has it; more of its arguments instead of the folder. */
  statusOf(name: string, ...args: string[]): Promise<RunStatus>;
  metricsOf(name: string): string;
  /** Waits for a step's line in metrics.jsonl. */
  stepWritten(name: string, step: number): Promise<void>;
  eventsOf(name: string): Promise<RunEvent[]>;
  /** Once. @returns the folder, as `prospect certs` makes it. */
  makeCertificates(): Promise<string>;
  killAll(): void;
}

export interface RunStatus {
  readonly state: string;
  readonly step: number;
  readonly members: readonly { readonly status: string }[];
}

export async function createSteeredRuns(): Promise<SteeredRuns> {
  const run = await createRunFolder();
  const started: Started[] = [];
  const outputOf = (name: string) => join(run.folder, name);
  const startProcess = (...args: string[]) => {
    const process = start(args, run.environment);
    started.push(process);
    return process;
  };
  const startCoordinator = async (name: string, flags: readonly string[], listen = '127.0.0.1:0') => {
    const output = ['--set', `output=${outputOf(name)}`];
    const coordinator = startProcess('coordinator', run.config, '--listen', listen, ...output, ...flags);
    const [, address] = await coordinator.written(/"address":"([^"]+)","workers"/);
    await vi.waitUntil(() => existsSync(join(outputOf(name), 'coordinator.address')), { timeout: 30_000 });
    return { coordinator, address: address! };
  };
  const ask = (args: readonly string[], environment: Record<string, string> = {}) =>
    prospect(args, { ...run.environment, ...environment });
  const give = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await ask(args);
    expect(exitCode, stderr).toBe(0);
    return stdout.trim();
  };
  const metricsOf = (name: string) => {
    const path = join(outputOf(name), 'metrics.jsonl');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };
  return {
    ...run,
    outputOf,
    tokenOf: (name) => join(outputOf(name), 'control.token'),
    startProcess,
    startCoordinator,
    startWorkers: (address, ...flags) =>
      ['a', 'b'].map((id) => startProcess('worker', '--coordinator', address, '--id', id, ...flags)),
    async replace(name, killed, address, flags) {
      killed.child.kill('SIGKILL');
      await killed.ended();
      return (await startCoordinator(name, flags, address)).coordinator;
    },
    ask,
    give,
    statusOf: async (name, ...args) =>
      JSON.parse(await give('status', ...(args.length > 0 ? args : [outputOf(name)]), '--json')),
    metricsOf,
    async stepWritten(name, step) {
      await vi.waitUntil(() => metricsOf(name).includes(`{"step":${step},`), { timeout: 60_000, interval: 20 });
    },
    async eventsOf(name) {
      const text = await readFile(join(outputOf(name), 'events.jsonl'), 'utf8');
      return text.trimEnd().split('\n').map(parseRunEvent);
    },
    async makeCertificates() {
      const folder = join(run.folder, 'certs');
      if (!existsSync(folder)) await give('certs', '--output', folder);
      return folder;
    },
    killAll() {
      for (const { child } of started.splice(0)) child.kill('SIGKILL');
    },
  };
}
