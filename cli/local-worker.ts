/** One worker process on this machine: the same command line, its output passed on. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Address } from '../core/config/address.js';
import { ProspectError } from '../core/errors.js';
import { defaultFormat } from './logger.js';
import { addressText } from './options.js';
import { ERROR_HEADING } from './report-error.js';

export interface LocalWorkerOptions {
  /** host:port of the coordinator. */
  readonly coordinator: string;
  readonly logLevel: string;
  /** Where it serves its metrics; undefined: nowhere. */
  readonly metrics: Address | undefined;
  /** Over this process's own. */
  readonly environment: Readonly<Record<string, string>>;
  readonly writeLog: (text: string) => void;
}

export interface LocalWorker {
  kill(name: NodeJS.Signals): void;
  /** The process has ended and all that it wrote is read. */
  readonly ended: Promise<EndedWorker>;
}

export interface EndedWorker {
  /** Exit code; undefined when a signal ended it or it did not start. */
  readonly code: number | undefined;
  /** For a person. */
  readonly how: string;
  /** The error that it ended with, '' when it said none. */
  readonly report: string;
  readonly error: ProspectError;
  readonly livedMs: number;
}

export function startLocalWorker(id: string, options: LocalWorkerOptions): LocalWorker {
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  const format = defaultFormat();
  const settings = { coordinator: options.coordinator, id, 'log-level': options.logLevel, 'log-format': format };
  const metrics = options.metrics && { 'metrics-listen': addressText(options.metrics) };
  const flags = Object.entries({ ...settings, ...metrics }).flatMap(([name, value]) => [`--${name}`, value]);
  const startedAtMs = performance.now();
  // A process group of its own: Ctrl-C reaches the coordinator alone, which ends the run in order.
  const child = spawn(process.execPath, [main, 'worker', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...options.environment },
  });
  // JSON lines name their worker themselves.
  const prefix = format === 'pretty' ? `${id} | ` : '';
  const report = passLines([child.stdout, child.stderr], (line) => options.writeLog(`${prefix}${line}\n`));
  const ended = once(child, 'close').then(
    () => child.signalCode ?? `exit code ${child.exitCode}`,
    (cause: Error) => cause.message,
  );
  return {
    kill: (name) => void child.kill(name),
    ended: ended.then((how) => ({
      code: child.exitCode ?? undefined,
      how,
      report: report(),
      error: workerEnded(id, how, report()),
      livedMs: performance.now() - startedAtMs,
    })),
  };
}

/**
 * Passes on what a worker writes, but for the error that it ends with: a worker tells that to the coordinator too, so
 * that a person would read one mistake once from each worker and once more from the run.
 * @returns a look at that error's text so far; '' when there is none.
 */
function passLines(outputs: readonly Readable[], pass: (line: string) => void): () => string {
  const report: string[] = [];
  for (const input of outputs) {
    createInterface({ input }).on('line', (line) => {
      if (report.length > 0 || ERROR_HEADING.test(line)) report.push(line);
      else if (line !== '') pass(line);
    });
  }
  return () => report.join('\n');
}

function workerEnded(id: string, how: string, report: string): ProspectError {
  const reason = report === '' ? '; the reason is in its log above' : `: ${report}`;
  return new ProspectError('WORKER_LOST', `no worker is left. The last one, ${id}, ended (${how})${reason}`);
}
