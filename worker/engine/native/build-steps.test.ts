import { describe, expect, it } from 'vitest';
import { entrySource } from './assemble.js';
import { firstError } from './check.js';
import { compileFused, compilerArguments, fusedArguments } from './compile.js';
import { checkIntegrity } from './fetch-npm.js';
import { reasonOf, whyNoPackageInstall } from './package-install.js';
import { missingTools } from './tools.js';

describe('compiling the addon', () => {
  it('lets it find the libraries beside itself, wherever the folder is moved', () => {
    const args = compilerArguments({ sources: '/s', includes: ['/tf', '/node'], lib: '/engine/lib' });
    expect(args).toContain('-Wl,-rpath,$ORIGIN');
    expect(args).toContain('/engine/lib/libtensorflow_cc.so.2');
    expect(args.join(' ')).toContain('-I /tf -I /node -I /s');
  });

  it('keeps products and sums of fused operations apart, so that all vector units give the same bits', async () => {
    const args = await fusedArguments({ includes: [], lib: '/engine/lib' });
    expect(args).toContain('-ffp-contract=off');
    expect(args.filter((argument) => argument.endsWith('loops.cc'))).toHaveLength(1);
  });

  it('goes on without fused operations where they do not compile, and says why', async () => {
    const { why } = await compileFused({ compiler: 'no-such-compiler', includes: [], lib: '/engine/lib' });
    expect(why).toContain('not found');
  });
});

describe('what stands in the way of a build', () => {
  const all = { python: 'python3', pip: 'python3', compiler: 'c++', strip: 'strip' };

  it('is nothing when Python, pip and a compiler are there', () => {
    expect(missingTools({ ...all, strip: undefined })).toEqual([]);
  });

  it('is told all at once, each with its remedy', () => {
    const missing = missingTools({ ...all, pip: undefined, compiler: undefined });
    expect(missing).toHaveLength(2);
    expect(missing[0]).toMatch(/no pip: install pip/);
    expect(missing[1]).toMatch(/no C\+\+ compiler: install a C\+\+17 compiler/);
  });

  it('names Python alone where there is none, since pip comes after it', () => {
    expect(missingTools({ ...all, python: undefined, pip: undefined })).toEqual([
      expect.stringContaining('no Python 3'),
    ]);
  });
});

describe('the package’s own install', () => {
  it('is tried for CPUs on the versions of Node that it works on', () => {
    expect(whyNoPackageInstall('tensorflow', '22.3.0')).toBeUndefined();
    expect(whyNoPackageInstall('tensorflow', '23.0.0')).toMatch(/needs Node 20 or 22, this is 23\.0\.0/);
    expect(whyNoPackageInstall('tensorflow-gpu', '20.0.0')).toMatch(/CUDA 11\.2/);
  });

  it('gives the one telling reason of a long report', () => {
    expect(reasonOf('npm error x\n errno: -3008,\n code: "ENOTFOUND",\n')).toBe(
      'what it downloads cannot be reached (ENOTFOUND)',
    );
    expect(reasonOf('something else')).toBeUndefined();
  });
});

describe('an archive from npm', () => {
  const bytes = new TextEncoder().encode('abc');
  const integrity = 'sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==';

  it('passes when its bytes are the pinned ones', () => {
    expect(() => checkIntegrity('x@1', bytes, integrity)).not.toThrow();
  });

  it('is refused when a single byte differs', () => {
    expect(() => checkIntegrity('x@1', Uint8Array.of(97, 98, 100), integrity)).toThrow(/x@1 is not what Prospect pins/);
  });
});

describe('a native engine’s entry', () => {
  it('tells the backend which package it stands for', () => {
    expect(entrySource('tensorflow-gpu')).toContain("'@tensorflow/tfjs-node-gpu'");
    expect(entrySource('tensorflow')).toContain("'@tensorflow/tfjs-node'");
  });
});

describe('a check that failed', () => {
  it('is told by the line that names the error', () => {
    const trace = 'node:internal/x:1\n  throw e\n\nError: libstdc++.so.6: version not found\n    at f (y.js:1)\n';
    expect(firstError(trace)).toBe('Error: libstdc++.so.6: version not found');
    expect(firstError('Segmentation fault')).toBeUndefined();
  });
});
