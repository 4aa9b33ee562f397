import { describe, expect, it } from 'vitest';
import { pipDownloadArguments, requirementsOf } from './fetch-wheels.js';
import { TENSORFLOW_VERSION, wheelsFor } from './pins.js';

describe('the pinned wheels', () => {
  it('are one for CPUs, of the package that TensorFlow publishes for the processor', () => {
    expect(wheelsFor('tensorflow', 'linux', 'x64')?.map((wheel) => wheel.name)).toEqual(['tensorflow-cpu']);
    expect(wheelsFor('tensorflow', 'linux', 'arm64')?.map((wheel) => wheel.name)).toEqual(['tensorflow']);
  });

  it('include NVIDIA’s libraries for GPUs', () => {
    const names = wheelsFor('tensorflow-gpu', 'linux', 'x64')?.map((wheel) => wheel.name);
    expect(names?.[0]).toBe('tensorflow');
    expect(names).toContain('nvidia-cudnn-cu12');
  });

  it.each([
    ['tensorflow', 'darwin', 'arm64'],
    ['tensorflow', 'win32', 'x64'],
    ['tensorflow-gpu', 'linux', 'arm64'],
  ] as const)('do not exist for %s on %s %s', (engine, platform, arch) => {
    expect(wheelsFor(engine, platform, arch)).toBeUndefined();
  });

  it('each carry a whole SHA-256, and no two the same', () => {
    const hashes = (['x64', 'arm64'] as const).flatMap((arch) => wheelsFor('tensorflow', 'linux', arch)!);
    const all = [...hashes, ...wheelsFor('tensorflow-gpu', 'linux', 'x64')!].map((wheel) => wheel.sha256);
    for (const hash of all) expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('fetching wheels with pip', () => {
  it('allows exactly the pinned version and hash', () => {
    const wheels = wheelsFor('tensorflow', 'linux', 'x64')!;
    expect(requirementsOf(wheels)).toBe(`tensorflow-cpu==${TENSORFLOW_VERSION} --hash=sha256:${wheels[0]!.sha256}\n`);
  });

  it('names the platform, runs nothing of a package and writes to no cache', () => {
    const args = pipDownloadArguments('/w/requirements.txt', '/w/wheels', 'arm64');
    expect(args).toEqual(
      expect.arrayContaining(['--no-deps', '--only-binary=:all:', '--require-hashes', '--no-cache-dir']),
    );
    expect(args).toContain('manylinux_2_27_aarch64');
    expect(args.filter((arg) => arg.endsWith('x86_64'))).toEqual([]);
  });
});
