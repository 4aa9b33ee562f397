/** Has the prompts of a run answered by each new snapshot, in a process that takes what time the others leave. */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RunLog } from '../coordinator/run-log.js';
import { diskFiles } from '../coordinator/snapshots/file-operations.js';
import { listSnapshots } from '../coordinator/snapshots/names.js';
import { SNAPSHOTS_FOLDER } from '../coordinator/snapshots/survey.js';
import { SAMPLES_FILE } from '../coordinator/web/samples.js';
import type { RunConfig } from '../core/config/schema.js';

export interface Sampling {
  /** Ends what is being answered. */
  stop(): Promise<void>;
}

const LOOK_MS = 1000;
/** Only when nobody else wants the processor. */
const LOWEST_PRIORITY = 19;

/** Nothing to do where the configuration has no prompts. */
export function sampleSnapshots({ samples, output, engine }: RunConfig, log: RunLog): Sampling {
  const stopping = new AbortController();
  const onProcessor = engine === 'wasm' ? 'wasm' : 'auto';
  const done = samples ? answerAll(output, onProcessor, log, stopping.signal) : Promise.resolve();
  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}

/** Those that are there at first are of before. */
async function answerAll(output: string, engine: string, log: RunLog, signal: AbortSignal): Promise<void> {
  const folder = join(output, SNAPSHOTS_FOLDER);
  const newest = async () => (await listSnapshots(folder, diskFiles)).snapshots[0]?.name;
  let last = await newest();
  for (;;) {
    await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const name = await newest();
    if (name === undefined || name === last) continue;
    last = name;
    const problem = await answerOne(join(folder, name), join(output, SAMPLES_FILE), engine, signal);
    if (problem && !signal.aborted) log.warn({ snapshot: name }, `samples: no answers of ${name}: ${problem}`);
  }
}

/** @returns what went wrong, for a person. */
async function answerOne(
  snapshot: string,
  file: string,
  engine: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  // A GPU is for the workers.
  const env = { ...process.env, CUDA_VISIBLE_DEVICES: '' };
  const child = spawn(process.execPath, [main, 'sample', snapshot, '--engine', engine], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = () => child.kill('SIGKILL');
  signal.addEventListener('abort', end);
  process.on('exit', end);
  try {
    if (child.pid !== undefined) setPriority(child.pid, LOWEST_PRIORITY);
    const [line, problem, code] = await Promise.all([text(child.stdout), text(child.stderr), exitOf(child)]);
    if (code !== 0) return problem.trim().split('\n').at(-1) ?? `exit code ${code}`;
    await appendFile(file, line);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    signal.removeEventListener('abort', end);
    process.off('exit', end);
  }
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
}
