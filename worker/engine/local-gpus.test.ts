import { describe, expect, it } from 'vitest';
import { parseGpus, visibleGpus } from './local-gpus.js';

const GPUS = parseGpus(
  'GPU-aa11, NVIDIA H100 80GB HBM3, 81559\nGPU-bb22, NVIDIA L4, 23034\nGPU-cc33, NVIDIA L4, 23034\n',
);
const idsOf = (chosen: string | undefined) => visibleGpus(GPUS, chosen).map(({ id }) => id);

describe('the GPUs of a machine', () => {
  it('are read with name and memory', () => {
    expect(GPUS[0]).toEqual({ id: 'GPU-aa11', name: 'NVIDIA H100 80GB HBM3', memoryMib: 81_559 });
    expect(parseGpus('\n')).toEqual([]);
  });

  it('are all visible when nothing is said', () => {
    expect(idsOf(undefined)).toEqual(['GPU-aa11', 'GPU-bb22', 'GPU-cc33']);
  });

  it('are chosen by number or by the beginning of their id, in that order', () => {
    expect(idsOf('2,0')).toEqual(['GPU-cc33', 'GPU-aa11']);
    expect(idsOf('GPU-bb, GPU-aa11')).toEqual(['GPU-bb22', 'GPU-aa11']);
  });

  it('end at the first that is not there, and are none for an empty choice or -1', () => {
    expect(idsOf('1,7,0')).toEqual(['GPU-bb22']);
    expect(idsOf('')).toEqual([]);
    expect(idsOf('-1')).toEqual([]);
  });
});
