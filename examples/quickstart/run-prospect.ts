/** Runs the project's command line as a person would: a process of its own, in this terminal. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { COMMAND_LINE } from './paths.js';

/** @returns its exit code; 128 and the signal's number when a signal ended it, as shells say it. */
export async function runProspect(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [COMMAND_LINE, ...args], { stdio: 'inherit' });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}
