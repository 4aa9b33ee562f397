/** Commands for a run that goes on, given with the command line to real processes: they do what they say, and are lost with nothing. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createSteeredRuns, type SteeredRuns } from '../support/steered-runs.js';

const SOME_STEPS = ['--set', 'training.maxSteps=25', '--set', 'training.epochs=3'];
const LONG_RUN = ['--set', 'training.maxSteps=1000', '--set', 'training.epochs=1000'];

let runs: SteeredRuns;

beforeAll(async () => {
  runs = await createSteeredRuns();
});
afterEach(() => runs.killAll());
afterAll(() => runs.remove());

describe('a run that is steered', () => {
  let undisturbed: string;

  beforeAll(async () => {
    const flags = ['--set', `output=${runs.outputOf('undisturbed')}`, ...SOME_STEPS, '--json'];
    const { exitCode, stdout, stderr } = await runs.ask(['train', runs.config, ...flags]);
    expect(exitCode, stderr).toBe(0);
    undisturbed = JSON.parse(stdout).sha256;
  });

  test('pauses and goes on with the same bits, also when its coordinator is killed in the pause', async () => {
    const output = runs.outputOf('paused');
    const { coordinator, address } = await runs.startCoordinator('paused', SOME_STEPS);
    const workers = runs.startWorkers(address);
    await runs.stepWritten('paused', 2);
    const [, last] = /^pauses after step (\d+)(, now)?$/.exec(await runs.give('pause', output))!;
    await coordinator.written(/paused by command, after step/);
    expect(await runs.statusOf('paused')).toMatchObject({ state: 'paused', step: Number(last), totalSteps: 25 });
    expect(await runs.give('evaluate', 'now', output)).toBe(`evaluates the held-out rows after step ${last}, now`);
    await vi.waitUntil(() => new RegExp(`{"step":${last},.*"eval_loss"`).test(runs.metricsOf('paused')), {
      timeout: 30_000,
    });
    expect(await runs.give('snapshot', 'now', output)).toBe(`writes a snapshot of step ${last}, now`);
    await coordinator.written(new RegExp(`"step":${last},.*"msg":"snapshot written"`));

    const again = await runs.replace('paused', coordinator, address, SOME_STEPS);
    expect(again.stderr()).toContain('this run was paused by command');
    await again.written(/paused by command, after step/);
    const said = JSON.parse(
      await runs.give('resume', '--coordinator', address, '--token-file', runs.tokenOf('paused'), '--json'),
    );
    expect(said).toEqual({ says: `goes on with step ${Number(last) + 1}`, step: Number(last) + 1 });
    expect(await again.ended(), again.stderr()).toBe(0);
    for (const worker of workers) expect(await worker.ended()).toBe(0);
    expect(await resultIn('paused')).toBe(undisturbed);
    const first = ['runResumed', 'pause accepted', 'runPaused command', 'evaluate accepted', 'snapshot accepted'];
    const second = ['runResumed', 'runPaused command', 'resume accepted', 'runResumed'];
    expect(await steeringTold('paused')).toEqual([...first, ...second]);
  });

  test('ends with the bits of its learning rates, whoever is killed after the command', async () => {
    const flags = [...SOME_STEPS, '--set', 'snapshots.everySteps=4'];
    const results: string[] = [];
    for (const name of ['changed', 'changed-coordinator', 'changed-all']) {
      const { coordinator, address } = await runs.startCoordinator(name, flags);
      const says = await runs.give('set', runs.outputOf(name), '--learning-rate', '5e-3', '--from-step', '12');
      expect(says).toBe('the peak learning rate is 0.005 from step 12 on');
      const workers = runs.startWorkers(address);
      let last = coordinator;
      if (name !== 'changed') await runs.stepWritten(name, 14);
      if (name === 'changed-coordinator') last = await runs.replace(name, coordinator, address, flags);
      if (name === 'changed-all') {
        for (const { child } of [coordinator, ...workers]) child.kill('SIGKILL');
        await Promise.all([coordinator, ...workers].map((one) => one.ended()));
        last = runs.startProcess('train', runs.config, '--resume', '--set', `output=${runs.outputOf(name)}`, ...flags);
      }
      expect(await last.ended(), last.stderr()).toBe(0);
      results.push(await resultIn(name));
    }
    expect(new Set(results)).toHaveLength(1);
    expect(results[0]).not.toBe(undisturbed);
  });
});

test('limits of workers hold through a restart, and stop ends the run', async () => {
  const output = runs.outputOf('limits');
  const { coordinator, address } = await runs.startCoordinator('limits', LONG_RUN);
  const workers = runs.startWorkers(address);
  await runs.stepWritten('limits', 2);
  expect(await runs.give('set', output, '--max-workers', '1')).toMatch(
    /^trains with 1 to 1 workers from now on; 1 of 2 /,
  );
  await vi.waitUntil(async () => (await runs.statusOf('limits')).members[1]?.status === 'following', {
    timeout: 30_000,
  });
  const again = await runs.replace('limits', coordinator, address, LONG_RUN);
  expect(await runs.statusOf('limits')).toMatchObject({ workers: { min: 1, max: 1 } });
  await again.written(/"msg":"training"/);
  expect(await runs.give('stop', output, '--no-snapshot')).toMatch(/^stops .*, without a snapshot/);
  expect(await again.ended()).toBe(130);
  expect(again.stderr()).toContain('error (INTERRUPTED): stopped by command.');
  for (const worker of workers) expect(await worker.ended()).toBe(0);
  expect(existsSync(join(output, 'snapshots'))).toBe(false);
});

test('stop takes a snapshot, from which the run goes on', async () => {
  const { coordinator, address } = await runs.startCoordinator('stopped', LONG_RUN);
  runs.startWorkers(address);
  await runs.stepWritten('stopped', 2);
  const [, step] = /with a snapshot of step (\d+)/.exec(await runs.give('stop', runs.outputOf('stopped')))!;
  expect(await coordinator.ended()).toBe(130);
  expect(coordinator.stderr()).toContain(`can go on from step ${step}: train with --resume`);
});

async function resultIn(name: string): Promise<string> {
  const adapter = await readFile(join(runs.outputOf(name), 'adapter', 'adapter_model.safetensors'));
  return createHash('sha256').update(adapter).digest('hex');
}

/** Events about commands, pauses and their ends, in a few words each. */
async function steeringTold(name: string): Promise<string[]> {
  return (await runs.eventsOf(name)).flatMap((event) => {
    if (event.kind === 'command') return [`${event.command} ${event.outcome}`];
    if (event.kind === 'runPaused') return [`runPaused ${event.because}`];
    return event.kind === 'runResumed' ? [event.kind] : [];
  });
}
