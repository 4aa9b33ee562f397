import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { engineEnvironment } from './environment.js';
import { gpuVisible } from './gpu.js';
import { loadEngine, reasonFor } from './load.js';
import { chooseEngine, type EngineProbe } from './probe.js';
import { describeProcessor } from './processor.js';

const cacheDir = join(tmpdir(), 'prospect-no-such-cache');
const lacking = { why: 'not set up', remedy: 'Run: prospect setup' };

describe('loading an engine', () => {
  it('says what to do when one asked for by name is not there', async () => {
    await expect(loadEngine('tensorflow', { threads: 1, cacheDir })).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringContaining('Run: prospect setup --engine tensorflow'),
    });
  });

  it('takes wasm where auto finds nothing better, and says why', async () => {
    const engine = await loadEngine('auto', { threads: 2, cacheDir });
    expect(engine.name).toBe('wasm');
    expect(engine.reason).toContain('tensorflow: not set up');
    expect(engine.fingerprint).toMatchObject({ engine: 'wasm', threads: 1 });
  });
});

describe('the choice of auto', () => {
  const gpu: EngineProbe = { engine: 'tensorflow-gpu', works: false, ...lacking };
  const cpu: EngineProbe = { engine: 'tensorflow', works: true, version: '2' };

  it('is the first that works, with what the better ones lack', () => {
    expect(chooseEngine([gpu, cpu])).toEqual({
      engine: 'tensorflow',
      reason: 'the best that loads (tensorflow-gpu: not set up)',
    });
  });

  it('is nothing where none works', () => {
    expect(chooseEngine([gpu])).toBeUndefined();
  });

  it('needs no reason beside the name for an engine asked for by it', () => {
    expect(reasonFor('wasm', [])).toBe('asked for by name');
  });
});

describe('what decides about bits', () => {
  it('names the processor with the vector instructions that kernels choose by, in one order', () => {
    const info = 'processor : 0\nflags\t\t: fpu fma avx512f avx avx2\n';
    expect(describeProcessor('Some CPU ', info)).toBe('Some CPU (avx avx2 fma avx512f)');
  });

  it('falls back to the architecture where the model has no name', () => {
    expect(describeProcessor('unknown', '')).toBe(process.arch);
  });

  it('sets the same number of threads for all of TensorFlow’s pools', () => {
    expect(engineEnvironment(3)).toMatchObject({ TF_NUM_INTRAOP_THREADS: '3', OMP_NUM_THREADS: '3' });
  });
});

describe('a GPU', () => {
  const driver = (path: string) => path === '/dev/nvidiactl';

  it('is seen by its driver’s device', () => {
    expect(gpuVisible({}, driver)).toBe(true);
    expect(gpuVisible({}, () => false)).toBe(false);
  });

  it.each(['', '-1'])('is not used when CUDA_VISIBLE_DEVICES is "%s"', (chosen) => {
    expect(gpuVisible({ CUDA_VISIBLE_DEVICES: chosen }, driver)).toBe(false);
  });
});
