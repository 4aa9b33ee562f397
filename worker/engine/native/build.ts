/** Builds a native engine from pinned parts: tfjs-node's sources from npm and TensorFlow from its Python wheel. */

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assemble, patchPackage } from './assemble.js';
import { compileAddon, compileFused, stripLibraries } from './compile.js';
import { setupError } from './failure.js';
import { fetchNpm } from './fetch-npm.js';
import { fetchWheels, unpackWheels } from './fetch-wheels.js';
import {
  GOOGLE_PROTOBUF,
  type NativeEngineName,
  NODE_API_HEADERS,
  TENSORFLOW_VERSION,
  TFJS_NODE,
  wheelsFor,
} from './pins.js';
import { findTools, missingTools } from './tools.js';

/** Does `work`, telling what and how long it took. */
export type Step = <T>(what: string, work: () => Promise<T>) => Promise<T>;

/** About what is fetched, for the progress line. */
const DOWNLOAD_SIZES: Readonly<Record<NativeEngineName, string>> = { tensorflow: '270 MB', 'tensorflow-gpu': '3.4 GB' };

export interface BuildFolders {
  /** Gets the engine. */
  readonly folder: string;
  /** For what is thrown away after. */
  readonly work: string;
}

/** Builds an engine and gives its entry, relative to its folder. */
export async function buildEngine(
  engine: NativeEngineName,
  { folder, work }: BuildFolders,
  step: Step,
  log: (line: string) => void,
): Promise<string> {
  const wheels = wheelsFor(engine, process.platform, process.arch);
  if (wheels === undefined) {
    throw setupError(
      'platform',
      `TensorFlow publishes nothing that ${engine} could be built from on ${process.platform} ${process.arch}. The wasm engine works there.`,
    );
  }
  const tools = await findTools();
  const missing = missingTools(tools);
  if (missing.length > 0) {
    throw setupError('tools', `${engine} cannot be built here:\n  ${missing.join('\n  ')}`);
  }
  const python = tools.python!;
  await mkdir(work, { recursive: true });
  const [tfjsNode, protobuf, headers] = await step(`fetching ${TFJS_NODE.name} ${TFJS_NODE.version} (0.3 MB)`, () =>
    Promise.all([TFJS_NODE, GOOGLE_PROTOBUF, NODE_API_HEADERS].map((pin) => fetchNpm(pin, work, python))),
  );
  await step(`fetching TensorFlow ${TENSORFLOW_VERSION} with pip (${DOWNLOAD_SIZES[engine]})`, () =>
    fetchWheels(wheels, work, python, process.arch),
  );
  const unpacked = await step('unpacking', () => unpackWheels(work, python));
  await patchPackage(tfjsNode!);
  await assemble(engine, { tfjsNode: tfjsNode!, protobuf: protobuf!, wheels: unpacked }, folder);
  const lib = join(folder, 'lib');
  const includes = [join(unpacked, 'tensorflow', 'include'), join(headers!, 'include')];
  const compile = { compiler: tools.compiler!, sources: join(tfjsNode!, 'binding'), includes, lib };
  await step(`compiling the addon with ${tools.compiler}`, () => compileAddon(compile));
  // They run on CPUs only.
  if (engine === 'tensorflow') {
    const fused = await step('compiling the fused operations', () => compileFused(compile));
    if (fused.why !== undefined) log(`that did not work, training will be slower: ${fused.why}`);
  }
  if (tools.strip !== undefined) {
    await step('making the libraries smaller', () => stripLibraries(tools.strip!, lib));
  }
  await rm(work, { recursive: true });
  return 'index.js';
}
