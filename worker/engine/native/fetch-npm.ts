/** Fetches pinned npm archives: no dependency is resolved, no script runs, nothing lands outside the given folder. */

import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandFailure, setupError } from './failure.js';
import type { NpmPin } from './pins.js';
import { runCommand } from './run-command.js';

const FETCH_TIMEOUT_MS = 300_000;

/** Unpacks the archive to `<folder>/<name>/package` and gives that path. */
export async function fetchNpm(pin: NpmPin, folder: string, python: string): Promise<string> {
  const target = join(folder, pin.name.replace('/', '-').replace('@', ''));
  await mkdir(target, { recursive: true });
  const spec = `${pin.name}@${pin.version}`;
  const args = ['pack', spec, '--json', '--ignore-scripts', '--cache', join(folder, 'npm-cache'), '--pack-destination'];
  const packed = await runCommand('npm', [...args, target], { cwd: target, timeoutMs: FETCH_TIMEOUT_MS });
  if (!packed.ok) throw commandFailure(`Fetching ${spec} with npm`, packed);
  const archive = join(target, (JSON.parse(packed.stdout) as { filename: string }[])[0]!.filename);
  checkIntegrity(spec, await readFile(archive), pin.integrity);
  const unpacked = await runCommand(python, ['-m', 'tarfile', '-e', archive, target], { timeoutMs: FETCH_TIMEOUT_MS });
  if (!unpacked.ok) throw commandFailure(`Unpacking ${spec}`, unpacked);
  return join(target, 'package');
}

/** Throws ENGINE_UNAVAILABLE when the bytes are not the pinned ones. */
export function checkIntegrity(spec: string, bytes: Uint8Array, integrity: string): void {
  const actual = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  if (actual === integrity) return;
  throw setupError(
    'hash',
    `${spec} is not what Prospect pins: its hash is ${actual} instead of ${integrity}. Look at who serves your npm packages.`,
  );
}
