/** The run, as a person would start it: a process of its own, which says what it does to a log file. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { ProspectError } from '../../core/errors.js';
import { COMMAND_LINE } from '../quickstart/paths.js';

export interface Training {
  hasEnded(): boolean;
  /** @throws INTERNAL when the run failed. */
  readonly ended: Promise<void>;
  stop(): void;
}

export async function startTraining(args: readonly string[], logFile: string): Promise<Training> {
  const log = await open(logFile, 'w');
  const child = spawn(process.execPath, [COMMAND_LINE, 'train', ...args], { stdio: ['ignore', log.fd, log.fd] });
  let isRunning = true;
  const ended = once(child, 'close').then(async ([code]) => {
    isRunning = false;
    await log.close();
    if (code !== 0) throw new ProspectError('INTERNAL', `the run ended with exit code ${code}; ${logFile} says why`);
  });
  ended.catch(() => undefined);
  return { hasEnded: () => !isRunning, ended, stop: () => void child.kill() };
}
