/** What start and test need first on a fresh checkout: a Node that is new enough, the dependencies, the build. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { whyInstall } from './dependencies.mjs';
import { ROOT, run, runNode } from './run.mjs';
import { say } from './say.mjs';

const OLDEST_NODE = 20;

/** @returns {Promise<number>} 0, or the exit code to end with. */
export async function prepare() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE) {
    console.error(`Prospect needs Node ${OLDEST_NODE} or newer; this is ${process.version}. See https://nodejs.org`);
    return 1;
  }
  return (await install()) || (await build());
}

/**
 * `npm install` and not `npm ci`: both take the lock file's versions, but `ci` refuses a lock file that lacks the
 * optional packages of other platforms, as one does that comes from a registry without them.
 */
async function install() {
  const reason = whyInstall();
  if (reason === undefined) return 0;
  say(`Installing dependencies (npm install): ${reason} …`);
  const args = ['install', '--no-save', '--no-fund', '--no-audit'];
  // npm names its own script when it started us. On Windows `npm` is a batch file, which spawn can't start.
  const npm = process.env.npm_execpath;
  const code = npm?.endsWith('.js') ? await runNode([npm, ...args]) : await run('npm', args);
  if (code !== 0) console.error('npm install failed; its message above says why. Can the npm registry be reached?');
  return code;
}

async function build() {
  say('Building (tsc, into dist/) …');
  const code = await runNode([join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.json']);
  // A failed build still writes files and would count as done the next time.
  if (code !== 0) rmSync(join(ROOT, 'dist', '.tsbuildinfo'), { force: true });
  return code;
}
