/** Builds dist/ once before tests that start processes; quick when nothing has changed. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export function setup(): void {
  const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'];
  const { status, stdout } = spawnSync(process.execPath, tsc, { cwd: ROOT, encoding: 'utf8' });
  if (status === 0) return;
  // A failed build still writes files and would count as done the next time.
  rmSync(`${ROOT}dist/.tsbuildinfo`, { force: true });
  throw new Error(`the build failed, so there is nothing to test:\n${stdout}`);
}
