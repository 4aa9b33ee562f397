/** Compiles tfjs-node's addon against the TensorFlow of the wheel, with the compiler alone: no node-gyp, no Python. */

import { join } from 'node:path';
import { commandFailure } from './failure.js';
import { runCommand } from './run-command.js';

const COMPILE_TIMEOUT_MS = 600_000;
const STRIP_TIMEOUT_MS = 300_000;

/** N-API 8 is the newest that tfjs-node declares, and every Node since 16 speaks it. */
const NAPI_VERSION = 8;

export const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;
export const ADDON = 'tfjs_binding.node';

export interface CompileInput {
  readonly compiler: string;
  /** Folder of the addon's sources. */
  readonly sources: string;
  /** Folders with TensorFlow's and Node's headers. */
  readonly includes: readonly string[];
  /** Folder that holds the libraries and gets the addon, which finds them beside itself. */
  readonly lib: string;
}

export function compilerArguments({ sources, includes, lib }: Omit<CompileInput, 'compiler'>): string[] {
  return [
    // The libraries are looked for beside the addon.
    ...['-std=c++17', '-O2', '-fPIC', '-fno-exceptions', '-w', '-shared', '-s', '-Wl,-rpath,$ORIGIN'],
    ...[`-DNAPI_VERSION=${NAPI_VERSION}`, '-DBUILDING_NODE_EXTENSION'],
    ...[...includes, sources].flatMap((folder) => ['-I', folder]),
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(sources, file)),
    ...['-o', join(lib, ADDON), ...LIBRARIES.map((library) => join(lib, library))],
  ];
}

export async function compileAddon(input: CompileInput): Promise<void> {
  const result = await runCommand(input.compiler, compilerArguments(input), { timeoutMs: COMPILE_TIMEOUT_MS });
  if (!result.ok) throw commandFailure(`Compiling the addon with ${input.compiler}`, result);
}

/** Takes the symbol tables out of the libraries: a quarter of their size, used by debuggers alone. */
export async function stripLibraries(strip: string, lib: string): Promise<void> {
  const files = LIBRARIES.map((library) => join(lib, library));
  const result = await runCommand(strip, ['--strip-unneeded', ...files], { timeoutMs: STRIP_TIMEOUT_MS });
  if (!result.ok) throw commandFailure('Making the libraries smaller with strip', result);
}
