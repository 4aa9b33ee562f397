import { describe, expect, it } from 'vitest';
import { planLocalWorkers } from './plan-local-workers.js';

const GPUS = [
  { id: 'GPU-aa', name: 'NVIDIA H100', memoryMib: 81_559 },
  { id: 'GPU-bb', name: 'NVIDIA L4', memoryMib: 23_034 },
];

describe('workers on GPUs', () => {
  it('are one for each, when the configuration does not say how many', () => {
    const plan = planLocalWorkers({ workers: undefined, threads: 1 }, GPUS, 8);
    expect(plan.workers).toBe(2);
    expect(plan.environments).toEqual([{ CUDA_VISIBLE_DEVICES: 'GPU-aa' }, { CUDA_VISIBLE_DEVICES: 'GPU-bb' }]);
    expect(plan.says).toEqual(['worker-0 on NVIDIA H100 (80 GiB)', 'worker-1 on NVIDIA L4 (22 GiB)']);
  });

  it('are as many as the configuration says, and share when there are more', () => {
    const three = planLocalWorkers({ workers: 3, threads: 1 }, GPUS, 8);
    expect(three.workers).toBeUndefined();
    expect(three.environments.map((one) => one.CUDA_VISIBLE_DEVICES)).toEqual(['GPU-aa', 'GPU-bb', 'GPU-aa']);
    const one = planLocalWorkers({ workers: 1, threads: 1 }, GPUS, 8);
    expect(one.says.at(-1)).toContain('1 of 2 GPUs are not used');
  });
});

describe('workers on cores', () => {
  it('are said to leave half of the cores idle, or to be too many', () => {
    const says = (workers: number | undefined, threads: number) => planLocalWorkers({ workers, threads }, [], 8).says;
    expect(says(2, 4)).toEqual([]);
    expect(says(undefined, 1)).toEqual([expect.stringContaining('2 of 8 cores are used')]);
    expect(says(undefined, 1)).toEqual([expect.stringContaining('threads: 4 would use them')]);
    expect(says(4, 4)).toEqual([expect.stringContaining('more than the 8 cores')]);
  });
});
