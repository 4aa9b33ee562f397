import { expect, it } from 'vitest';
import type { RunStatus } from '../../core/control/run-status.js';
import { statusLines } from './status.js';

it('says in a few lines how a run stands', () => {
  const status: RunStatus = {
    runId: 'run-1',
    state: 'training',
    step: 119,
    totalSteps: 400,
    stepAtWork: 120,
    learningRate: 1e-4,
    learningRates: [{ fromStep: 200, learningRate: 5e-5 }],
    workers: { min: 1, max: 2 },
    members: [
      { workerId: 'a', status: 'active' },
      { workerId: 'b', status: 'healing' },
    ],
    snapshotStep: 100,
    snapshotAtWork: undefined,
    setAside: 0,
  };
  expect(statusLines(status)).toEqual([
    'run            run-1',
    'state          training',
    'step           119 of 400, step 120 is at work',
    'workers        1 of 1 to 2 take part; b is healing',
    'learning rate  0.0001; peak 0.00005 from step 200 on',
    'snapshot       step 100',
    'set aside      no rows',
  ]);
});
