/** Worker processes on this machine, for `train`: the same command line, one process a worker. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ProspectError } from '../core/errors.js';
import { defaultFormat } from './logger.js';

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
    for (const child of children) child.kill(name);
  };
  const killAll = () => signalAll('SIGKILL');
  process.once('exit', killAll);
  return {
    async stop() {
      const timers = [setTimeout(() => signalAll('SIGTERM'), LEAVE_MS), setTimeout(killAll, GRACE_MS)];
      await Promise.all(children.map(ended));
      for (const timer of timers) clearTimeout(timer);
      process.off('exit', killAll);
    },
  };
}

function startWorker(id: string, options: LocalWorkersOptions): ChildProcess {
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
  for (const input of [child.stdout, child.stderr]) {
    // JSON lines name their worker themselves.
    const prefix = format === 'pretty' ? `${id} | ` : '';
    createInterface({ input }).on('line', (line) => options.writeLog(`${prefix}${line}\n`));
  }
  child.once('exit', (code, signal) => {
    if (code !== 0) options.onFailure(workerEnded(id, signal ?? `exit code ${code}`));
  });
  child.once('error', (cause) => options.onFailure(workerEnded(id, cause.message)));
  return child;
}

function workerEnded(id: string, how: string): ProspectError {
  return new ProspectError('WORKER_LOST', `${id} ended (${how}) before the run began; the reason is in its log above`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await once(child, 'exit');
}
