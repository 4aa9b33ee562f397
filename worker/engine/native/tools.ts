/** The programs that building a native engine needs, and what to do for each that is not there. */

import { runCommand } from './run-command.js';

export interface Tools {
  /** Command of a Python 3 that has pip. */
  readonly python: string | undefined;
  readonly pip: string | undefined;
  /** Command of a C++ compiler. */
  readonly compiler: string | undefined;
  /** Makes the libraries smaller; not needed. */
  readonly strip: string | undefined;
}

export const TOOL_REMEDIES = {
  python: 'install Python 3.8 or newer (Debian: apt-get install python3 python3-pip)',
  pip: 'install pip for Python 3 (Debian: apt-get install python3-pip)',
  compiler: 'install a C++17 compiler (Debian: apt-get install g++), or name one in $CXX',
} as const;

const TOOL_TIMEOUT_MS = 20_000;

export async function findTools(environment: NodeJS.ProcessEnv = process.env): Promise<Tools> {
  const python = await firstThatRuns(['python3', 'python'], ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))']);
  const compilers = [environment.CXX, 'c++', 'g++', 'clang++'].filter((name) => name !== undefined && name !== '');
  return {
    python,
    pip: python === undefined ? undefined : await firstThatRuns([python], ['-m', 'pip', '--version']),
    compiler: await firstThatRuns(compilers as string[], ['--version']),
    strip: await firstThatRuns(['strip'], ['--version']),
  };
}

/** What is missing for a build, each with its remedy; empty when nothing is. */
export function missingTools(tools: Tools): string[] {
  const missing: string[] = [];
  if (tools.python === undefined) missing.push(`no Python 3: ${TOOL_REMEDIES.python}`);
  else if (tools.pip === undefined) missing.push(`no pip: ${TOOL_REMEDIES.pip}`);
  if (tools.compiler === undefined) missing.push(`no C++ compiler: ${TOOL_REMEDIES.compiler}`);
  return missing;
}

async function firstThatRuns(commands: readonly string[], args: readonly string[]): Promise<string | undefined> {
  for (const command of commands) {
    const result = await runCommand(command, args, { timeoutMs: TOOL_TIMEOUT_MS });
    if (result.ok) return command;
  }
  return undefined;
}
