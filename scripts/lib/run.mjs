/** Starts a program in the project's folder with this terminal's input and output, and waits for it. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A shell's exit code for a program that a signal ended is this plus the signal's number. */
const SIGNAL_EXIT_BASE = 128;

/** @returns {Promise<number>} the program's exit code, 127 when it can't be started. */
export function run(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: 'inherit' });
    // Ctrl-C reaches the child as well, which ends in its own way; this process waits for it.
    const wait = () => {};
    process.on('SIGINT', wait);
    const forward = () => child.kill('SIGTERM');
    process.on('SIGTERM', forward);
    const finish = (code) => {
      process.off('SIGINT', wait);
      process.off('SIGTERM', forward);
      resolve(code);
    };
    child.on('error', (error) => {
      console.error(`Can't start ${program}: ${error.message}`);
      finish(127);
    });
    child.on('exit', (code, signal) => finish(code ?? SIGNAL_EXIT_BASE + (constants.signals[signal] ?? 0)));
  });
}

/** The same for a Node script. */
export function runNode(args) {
  return run(process.execPath, args);
}
