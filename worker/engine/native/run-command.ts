/** Runs a program and gives what it said. A failure is a value here, since set-up explains each failure in its own words. */

import { spawn } from 'node:child_process';

export interface CommandResult {
  /** True when the program ran and ended with 0. */
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** How it ended, for a message: `exit code 1`, `signal SIGSEGV`, `not found`, `no end after 5 s`. */
  readonly ending: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, options.timeoutMs);
    const finish = (ok: boolean, ending: string) => {
      clearTimeout(timer);
      resolve({ ok, stdout, stderr, ending });
    };
    child.on('error', (error: NodeJS.ErrnoException) =>
      finish(false, error.code === 'ENOENT' ? 'not found' : error.message),
    );
    child.on('close', (code, signal) => {
      if (timedOut) finish(false, `no end after ${options.timeoutMs / 1000} s`);
      else finish(code === 0, signal === null ? `exit code ${code}` : `signal ${signal}`);
    });
  });
}

/** npm's pointer to a log that is gone with the folder it lies in. */
const GONE = /A complete log of this run/;

/** The last lines of what a program said, for an error message. */
export function lastWords(result: CommandResult, lines = 6): string {
  const said = `${result.stdout}\n${result.stderr}`
    .split('\n')
    .filter((line) => line.trim() !== '' && !GONE.test(line));
  return [result.ending, ...said.slice(-lines)].join('\n  ');
}
