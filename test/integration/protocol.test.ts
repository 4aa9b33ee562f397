/** Undisturbed runs over real gRPC, with arithmetic that takes no time. What disturbs them is in test/elastic. */
import { describe, expect, test } from 'vitest';
import { protocolRun, type RunSetting } from '../support/protocol-run.js';

async function runOn(count: number, config: RunSetting['config'] = {}) {
  const { run, join } = await protocolRun({ config, wanted: count });
  const workers = Array.from({ length: count }, (_, i) => join({ id: `worker-${i}` }));
  return { ...(await run), workers: await Promise.all(workers) };
}

describe('a run', () => {
  test.each([
    ['kto', {}],
    ['kto on the full model', { method: 'full' as const }],
    ['apo_zero_unpaired', { loss: { type: 'apo_zero_unpaired' } }],
    ['sft', { loss: { type: 'sft' } }],
    ['more epochs than one', { training: { epochs: 1.5, maxSteps: 15 } }],
  ])('of %s gives the same parameters and records on 1, 2, 3 and 5 workers', async (_, config) => {
    const results = [];
    for (const count of [1, 2, 3, 5]) {
      const { saved, steps, evaluations, workers } = await runOn(count, config);
      expect(workers).toEqual(new Array(count).fill(undefined));
      const records = steps.map(({ seconds: _s, computingSeconds: _c, workers: _w, ...record }) => record);
      results.push({ digest: saved.parameterDigest, records, evaluations });
    }
    for (const result of results) expect(result).toEqual(results[0]);
  });

  test('evaluates before, during and after training', async () => {
    const { evaluations } = await runOn(2, { evaluation: { everySteps: 2 } });
    expect(evaluations.map(({ step }) => step)).toEqual([0, 2, 3]);
  });
});
