/**
 * Compiles tfjs-node's addon, and Prospect's own with the fused operations, against the TensorFlow of the wheel, with
 * the compiler alone: no node-gyp, no Python.
 */

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandFailure } from './failure.js';
import { lastWords, runCommand } from './run-command.js';

const COMPILE_TIMEOUT_MS = 600_000;
const STRIP_TIMEOUT_MS = 300_000;

/** N-API 8 is the newest that tfjs-node declares, and every Node since 16 speaks it. */
const NAPI_VERSION = 8;

export const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;
export const ADDON = 'tfjs_binding.node';
/** Lies beside the addon where it could be compiled and works. */
export const FUSED_ADDON = 'prospect_fused.node';

export interface CompileInput {
  readonly compiler: string;
  /** Folder of the addon's sources. */
  readonly sources: string;
  /** Folders with TensorFlow's and Node's headers. */
  readonly includes: readonly string[];
  /** Folder that holds the libraries and gets the addon, which finds them beside itself. */
  readonly lib: string;
}

/** Position-independent, stripped, and with the libraries looked for beside it. */
const ADDON_ARGUMENTS = [
  ...['-std=c++17', '-fPIC', '-fno-exceptions', '-w', '-shared', '-s', '-Wl,-rpath,$ORIGIN'],
  ...[`-DNAPI_VERSION=${NAPI_VERSION}`, '-DBUILDING_NODE_EXTENSION'],
];

export function compilerArguments({ sources, includes, lib }: Omit<CompileInput, 'compiler'>): string[] {
  return [
    ...[...ADDON_ARGUMENTS, '-O2'],
    ...[...includes, sources].flatMap((folder) => ['-I', folder]),
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(sources, file)),
    ...['-o', join(lib, ADDON), ...LIBRARIES.map((library) => join(lib, library))],
  ];
}

export async function compileAddon(input: CompileInput): Promise<void> {
  const result = await runCommand(input.compiler, compilerArguments(input), { timeoutMs: COMPILE_TIMEOUT_MS });
  if (!result.ok) throw commandFailure(`Compiling the addon with ${input.compiler}`, result);
}

/** Without contraction into fused multiply-adds, so that all vector units give the same bits. */
export async function fusedArguments({ includes, lib }: Pick<CompileInput, 'includes' | 'lib'>): Promise<string[]> {
  const sources = fusedSources();
  const files = (await readdir(sources, { recursive: true })).filter((file) => file.endsWith('.cc')).sort();
  return [
    ...[
      ...ADDON_ARGUMENTS,
      '-O3',
      '-ffp-contract=off',
      '-fno-math-errno',
      '-pthread',
      '-DNODE_GYP_MODULE_NAME=prospect_fused',
    ],
    ...includes.flatMap((folder) => ['-I', folder]),
    ...files.map((file) => join(sources, file)),
    ...['-o', join(lib, FUSED_ADDON), join(lib, 'libtensorflow_framework.so.2')],
  ];
}

/** Gives why it did not work, if so: everything runs without the fused operations, only slower. */
export async function compileFused(input: Omit<CompileInput, 'sources'>): Promise<{ why?: string }> {
  const result = await runCommand(input.compiler, await fusedArguments(input), { timeoutMs: COMPILE_TIMEOUT_MS });
  return result.ok ? {} : { why: lastWords(result, 2) };
}

/** Beside this file in a checkout; compiled JavaScript lies in dist/ and finds them in the tree beside it. */
function fusedSources(): string {
  const beside = fileURLToPath(new URL('./fused', import.meta.url));
  return existsSync(beside)
    ? beside
    : fileURLToPath(new URL('../../../../worker/engine/native/fused', import.meta.url));
}

/** Takes the symbol tables out of the libraries: a quarter of their size, used by debuggers alone. */
export async function stripLibraries(strip: string, lib: string): Promise<void> {
  const files = LIBRARIES.map((library) => join(lib, library));
  const result = await runCommand(strip, ['--strip-unneeded', ...files], { timeoutMs: STRIP_TIMEOUT_MS });
  if (!result.ok) throw commandFailure('Making the libraries smaller with strip', result);
}
