/** Two coordinators of one run, of which one leads, and workers that know both: real processes, each on its own port. */
import { freePort } from '../support/free-port.js';
import { type Started, start } from '../support/processes.js';
import type { RunFolder } from '../support/run-folder.js';

export const NAMES = ['first', 'second'] as const;
export type Name = (typeof NAMES)[number];

export interface Pair {
  startCoordinator(name: Name): Started;
  startWorker(id: string): void;
  coordinator(name: Name): Started;
  workers(): readonly Started[];
  /** Kills what still runs, also what is stopped. */
  close(): Promise<void>;
}

export interface PairOptions {
  readonly run: RunFolder;
  readonly output: string;
  /** `--set` for the coordinators. */
  readonly settings: readonly string[];
}

export async function createPair({ run, output, settings }: PairOptions): Promise<Pair> {
  const ports: Readonly<Record<Name, number>> = { first: await freePort(), second: await freePort() };
  const coordinators = new Map<Name, Started>();
  const workers: Started[] = [];
  const everything: Started[] = [];
  const keep = (args: readonly string[]): Started => {
    const started = start(args, run.environment);
    everything.push(started);
    return started;
  };
  return {
    startCoordinator(name) {
      const flags = [`output=${output}`, 'logLevel=info', ...settings].flatMap((setting) => ['--set', setting]);
      const listen = `127.0.0.1:${ports[name]}`;
      const started = keep(['coordinator', run.config, '--json', '--standby', '--listen', listen, ...flags]);
      coordinators.set(name, started);
      return started;
    },
    startWorker(id) {
      const addresses = NAMES.map((name) => `127.0.0.1:${ports[name]}`).join(',');
      workers.push(keep(['worker', '--coordinator', addresses, '--id', id, '--log-format', 'json']));
    },
    coordinator: (name) => coordinators.get(name)!,
    workers: () => workers,
    async close() {
      for (const { child } of everything) child.kill('SIGKILL');
      await Promise.all(everything.map((started) => started.ended()));
    },
  };
}

/** How a coordinator logs that it leads, and the line of its first step. */
export const LEADING = /"msg":"leading"/;
export const FIRST_STEP = /^step +\d+\//m;

export function other(name: Name): Name {
  return name === 'first' ? 'second' : 'first';
}
