/** Processes of a run that a test starts, watches and kills by itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { MAIN } from './prospect.js';

export interface Started {
  readonly child: ChildProcess;
  /** All that it wrote so far. */
  stderr(): string;
  /** The first match in what it writes to stderr; throws when it ends without. */
  written(pattern: RegExp): Promise<RegExpExecArray>;
  /** Exit code, or the signal that ended it. */
  ended(): Promise<number | string>;
}

export function start(args: readonly string[], environment: Record<string, string> = {}): Started {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const closed = once(child, 'close');
  return {
    child,
    stderr: () => stderr,
    async written(pattern) {
      for (;;) {
        const match = pattern.exec(stderr);
        if (match) return match;
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`ended without ${pattern}: ${stderr}`);
        await Promise.race([once(child.stderr, 'data'), closed]);
      }
    },
    async ended() {
      await closed;
      return child.exitCode ?? child.signalCode ?? 'unknown';
    },
  };
}
