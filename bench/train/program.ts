/** Runs a trainer as a program of its own, with an eye on its memory. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watchMemory } from './process-tree.js';

/** Lines of a failed program that its error shows. */
const LAST_LINES = 15;

export interface ProgramResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly peakBytes: number | undefined;
}

/** @throws with the last that it said when it does not end with 0. */
export async function runProgram(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<ProgramResult> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  }
  const end = () => child.kill();
  process.once('exit', end);
  const memory = watchMemory(child.pid ?? 0);
  try {
    const [code, signal] = await once(child, 'close');
    if (code === 0) return { ...said, peakBytes: memory.stop() };
    const last = `${said.stdout}\n${said.stderr}`.trim().split('\n').slice(-LAST_LINES).join('\n  ');
    throw new Error(`${command} ${args[0]} ended with ${signal ?? `exit code ${code}`}:\n  ${last}`);
  } finally {
    memory.stop();
    process.off('exit', end);
  }
}
