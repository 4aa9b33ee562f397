import { describe, expect, it } from 'vitest';
import { formatReport, type MachineReport, remediesFor } from './machine-report.js';

type Facts = Omit<MachineReport, 'remedies'>;

const facts: Facts = {
  engines: [
    { engine: 'tensorflow-gpu', works: false, why: 'no NVIDIA GPU here', remedy: 'It needs one' },
    { engine: 'tensorflow', works: true, version: '2.21.0' },
    { engine: 'wasm', works: true, version: '4.22.0' },
  ],
  auto: { engine: 'tensorflow', reason: 'the best that loads' },
  node: '20.1.0',
  platform: 'linux x64',
  processor: 'Some CPU',
  cores: 2,
  memoryBytes: 2 ** 33,
  freeMemoryBytes: 2 ** 32,
  gpus: [],
  cache: { folder: '/home/ada/.cache/prospect', freeBytes: 2 ** 36 },
  tools: { python: 'python3', pip: 'python3', compiler: 'c++', strip: 'strip' },
};

describe('what doctor advises', () => {
  it('is nothing for a machine without a GPU where the CPU’s engine works', () => {
    expect(remediesFor(facts)).toEqual([]);
  });

  it('names the engine to set up and each tool that this lacks', () => {
    const engines = facts.engines.with(1, { engine: 'tensorflow', works: false, why: 'not set up', remedy: 'Run: x' });
    const remedies = remediesFor({ ...facts, engines, tools: { ...facts.tools, pip: undefined, compiler: undefined } });
    expect(remedies).toEqual([
      'tensorflow: not set up. Run: x',
      expect.stringContaining('no pip: install pip'),
      expect.stringContaining('no C++ compiler: install'),
    ]);
  });

  it('offers the GPU’s engine where there is a GPU', () => {
    expect(remediesFor({ ...facts, gpus: ['Some GPU, 80 GiB'] })[0]).toMatch(/^tensorflow-gpu: /);
  });

  it('tells an old Node and a cache folder that cannot be written', () => {
    const remedies = remediesFor({ ...facts, node: '18.2.0', cache: { folder: '/root/x', freeBytes: undefined } });
    expect(remedies).toEqual([expect.stringContaining('install Node 20'), expect.stringContaining('/root/x')]);
  });
});

describe('the report', () => {
  it('shows the engine that auto takes, and ends with what to do', () => {
    const text = formatReport({ ...facts, remedies: ['do this'] });
    expect(text).toMatch(/^auto +tensorflow: the best that loads$/m);
    expect(text).toMatch(/What to do:\n {2}- do this$/);
  });
});
