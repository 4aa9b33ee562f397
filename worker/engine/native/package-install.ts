/** The package's own install: fetches a ready addon and libtensorflow, where the place they lie at can be reached. */

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkNativeEngine } from './check.js';
import { TFJS_NODE } from './pins.js';
import { lastWords, runCommand } from './run-command.js';

/** Long enough for its download, short enough to go on where packets vanish instead of being refused. */
const INSTALL_TIMEOUT_MS = 300_000;

/** tfjs-node as published breaks on this major version of Node and newer. */
const FIRST_BROKEN_NODE = 23;

/** Why the package's own install is not tried; undefined where it is. */
export function whyNoPackageInstall(engine: string, nodeVersion: string): string | undefined {
  if (engine === 'tensorflow-gpu') return 'the published package is made for CUDA 11.2, too old for current GPUs';
  if (Number.parseInt(nodeVersion, 10) < FIRST_BROKEN_NODE) return undefined;
  return `the published package needs Node 20 or 22, this is ${nodeVersion}`;
}

/** Installs into `folder` and gives the entry relative to it, or why that failed. Leaves nothing after a failure. */
export async function installPackage(folder: string, staging: string): Promise<{ entry: string } | { why: string }> {
  await mkdir(folder, { recursive: true });
  const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel', 'error'];
  const args = ['install', '--prefix', folder, ...quiet, '--cache', join(staging, 'npm-cache')];
  const result = await runCommand('npm', [...args, `${TFJS_NODE.name}@${TFJS_NODE.version}`], {
    cwd: folder,
    env: { TMPDIR: staging, npm_config_devdir: join(staging, 'node-gyp') },
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  const entry = join('node_modules', TFJS_NODE.name, 'dist', 'index.js');
  const checked = result.ok ? await checkNativeEngine(join(folder, entry)) : undefined;
  if (checked?.works) return { entry };
  await rm(folder, { recursive: true, force: true });
  if (checked !== undefined) return { why: checked.why };
  return { why: reasonOf(`${result.stdout}\n${result.stderr}`) ?? lastWords(result, 2) };
}

/** The one telling line among npm's report. */
export function reasonOf(output: string): string | undefined {
  const code = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENOSPC)\b/.exec(output)?.[1];
  if (code === undefined) return undefined;
  return code === 'ENOSPC' ? 'the disk is full' : `what it downloads cannot be reached (${code})`;
}
