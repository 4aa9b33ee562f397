/** Worker processes on this machine, for `train`: the same command line, one process a worker. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ProspectError } from '../core/errors.js';
import { defaultFormat } from './logger.js';
import { ERROR_HEADING } from './report-error.js';

/** The coordinator has told its workers that the run is over; what they get before they are asked, and before they are killed. */
const LEAVE_MS = 2000;
const GRACE_MS = 5000;

export interface LocalWorkersOptions {
  readonly count: number;
  /** host:port of the coordinator. */
  readonly coordinator: string;
  readonly logLevel: string;
  readonly writeLog: (text: string) => void;
  /** A worker ended otherwise than well. */
  readonly onFailure: (error: ProspectError) => void;
}

export interface LocalWorkers {
  /** Waits until all have ended, and sees to it that they do. */
  stop(): Promise<void>;
}

export function startLocalWorkers(options: LocalWorkersOptions): LocalWorkers {
  const children = Array.from({ length: options.count }, (_, i) => startWorker(`worker-${i}`, options));
  const signalAll = (name: NodeJS.Signals) => {
    for (const { child } of children) child.kill(name);
  };
  const killAll = () => signalAll('SIGKILL');
  process.once('exit', killAll);
  return {
    async stop() {
      const timers = [setTimeout(() => signalAll('SIGTERM'), LEAVE_MS), setTimeout(killAll, GRACE_MS)];
      await Promise.all(children.map(({ ended }) => ended));
      for (const timer of timers) clearTimeout(timer);
      process.off('exit', killAll);
    },
  };
}

interface Started {
  readonly child: ChildProcess;
  /** The process has ended and all that it wrote is read. */
  readonly ended: Promise<unknown>;
}

function startWorker(id: string, options: LocalWorkersOptions): Started {
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  const format = defaultFormat();
  const flags = [
    '--coordinator',
    options.coordinator,
    '--id',
    id,
    '--log-level',
    options.logLevel,
    '--log-format',
    format,
  ];
  // A process group of its own: Ctrl-C reaches the coordinator alone, which ends the run in order.
  const child = spawn(process.execPath, [main, 'worker', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  // JSON lines name their worker themselves.
  const prefix = format === 'pretty' ? `${id} | ` : '';
  const report = passLines([child.stdout, child.stderr], (line) => options.writeLog(`${prefix}${line}\n`));
  child.once('close', (code, signal) => {
    if (code !== 0) options.onFailure(workerEnded(id, signal ?? `exit code ${code}`, report()));
  });
  child.once('error', (cause) => options.onFailure(workerEnded(id, cause.message, '')));
  // One that did not even start has ended as well.
  const ended = once(child, 'close').catch(() => undefined);
  return { child, ended };
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
  return new ProspectError('WORKER_LOST', `${id} ended (${how}) before the run began${reason}`);
}
