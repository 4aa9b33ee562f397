/** Are the packages that package-lock.json names installed, in its versions? */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './run.mjs';

/**
 * Compares the lock file with the copy of it that npm leaves in node_modules when an installation is complete.
 * Optional packages may be absent (they are for other platforms); packages that somebody added may be there.
 * @returns {string | undefined} why an installation is needed, or undefined when it is not.
 */
export function whyInstall(root = ROOT) {
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = readInstalled(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return 'dependencies are not installed yet';
  for (const [path, { version, optional, peer }] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = installed[path];
    if (found === undefined && !optional && !peer) return `${path} is missing`;
    if (found !== undefined && found.version !== version) return `${path} is ${found.version}, not ${version}`;
  }
  return undefined;
}

function readInstalled(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
