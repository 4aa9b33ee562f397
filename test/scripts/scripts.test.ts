/** The shared pieces of npm start and npm test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const LIB = new URL('../../scripts/lib/', import.meta.url).href;
const { whyInstall } = await import(`${LIB}dependencies.mjs`);
const { runNode, run } = await import(`${LIB}run.mjs`);

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'prospect-scripts-'));
  mkdirSync(join(root, 'node_modules'));
  write('package-lock.json', { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': OPTIONAL });
});
afterEach(() => rmSync(root, { recursive: true }));

const OPTIONAL = { version: '2.0.0', optional: true };

function write(file: string, packages: object): void {
  writeFileSync(join(root, file), JSON.stringify({ packages }));
}

test('dependencies are installed when they are missing or the lock file names another version', () => {
  expect(whyInstall(root)).toMatch(/not installed yet/);
  write('node_modules/.package-lock.json', { 'node_modules/a': { version: '0.9.0' } });
  expect(whyInstall(root)).toBe('node_modules/a is 0.9.0, not 1.0.0');
  write('node_modules/.package-lock.json', { 'node_modules/b': OPTIONAL });
  expect(whyInstall(root)).toBe('node_modules/a is missing');
});

test('nothing is installed when all is there, optional packages or not', () => {
  write('node_modules/.package-lock.json', { 'node_modules/a': { version: '1.0.0' }, 'node_modules/more': {} });
  expect(whyInstall(root)).toBeUndefined();
});

test('exit codes and signals are passed on as a shell does', async () => {
  expect(await runNode(['-e', 'process.exit(7)'])).toBe(7);
  expect(await runNode(['-e', 'process.kill(process.pid, "SIGKILL")'])).toBe(137);
  expect(await run(join(root, 'no-such-program'), [])).toBe(127);
});
