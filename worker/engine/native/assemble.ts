/**
 * Lays out a native engine: tfjs-node's kernels, the TensorFlow libraries with the addon beside them, and an entry
 * that registers the backend. TensorFlow.js itself is not among them: the entry uses the copy of whoever loads it, so
 * that there is one tensor class and one set of kernels in a thread.
 */

import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ADDON, LIBRARIES } from './compile.js';
import { applyPatch, PATCHES } from './patches.js';
import type { NativeEngineName } from './pins.js';

/** `globalThis[Symbol.for(CORE_SYMBOL)]` holds the tfjs-core that an engine registers itself with. */
export const CORE_SYMBOL = 'prospect.tfjs-core';

const STAND_IN = `// The TensorFlow.js of whoever loads this engine.
module.exports = globalThis[Symbol.for('${CORE_SYMBOL}')];
`;

/** Loads the libraries and makes their backend the current one. */
export function entrySource(engine: NativeEngineName): string {
  const packageName = engine === 'tensorflow-gpu' ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  return `// Registers this native engine with the TensorFlow.js of whoever loads it.
const tf = require('@tensorflow/tfjs');
require('./dist/register_all_kernels');
const { NodeJSKernelBackend } = require('./dist/nodejs_kernel_backend');
const binding = require('./lib/${ADDON}');
tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '${packageName}'), 3);
tf.setBackend('tensorflow');
`;
}

export interface Parts {
  /** Unpacked packages. */
  readonly tfjsNode: string;
  readonly protobuf: string;
  /** Folder with `tensorflow/` and, for GPUs, `nvidia/` from the wheels. */
  readonly wheels: string;
}

/** Applies the patches to an unpacked tfjs-node, in place. */
export async function patchPackage(folder: string): Promise<void> {
  for (const patch of PATCHES) {
    const file = join(folder, patch.file);
    await writeFile(file, applyPatch(await readFile(file, 'utf8'), patch));
  }
}

/** Puts all parts but the addon into `folder`. */
export async function assemble(engine: NativeEngineName, parts: Parts, folder: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  await mkdir(join(folder, 'lib'), { recursive: true });
  const isRuntime = (path: string) => !/(\.d\.ts|_test\.js)$/.test(path);
  await cp(join(parts.tfjsNode, 'dist'), join(folder, 'dist'), { recursive: true, filter: isRuntime });
  await cp(parts.protobuf, join(modules, 'google-protobuf'), { recursive: true });
  for (const file of [...LIBRARIES, 'THIRD_PARTY_NOTICES.txt']) {
    await rename(join(parts.wheels, 'tensorflow', file), join(folder, 'lib', file));
  }
  // Where the library looks for them: ../nvidia/*/lib from its own folder.
  if (engine === 'tensorflow-gpu') await rename(join(parts.wheels, 'nvidia'), join(folder, 'nvidia'));
  for (const name of ['tfjs', 'tfjs-core']) await write(join(modules, '@tensorflow', name, 'index.js'), STAND_IN);
  await write(join(folder, 'package.json'), '{ "private": true, "type": "commonjs" }\n');
  await write(join(folder, 'index.js'), entrySource(engine));
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
