/**
 * Commands for a run that goes on, given with the command line to real processes: they do what they say, they are lost
 * with nothing, and nobody gives them who may not.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseRunEvent } from '../../core/events/run-event.js';
import { type Started, start } from '../support/processes.js';
import { prospect } from '../support/prospect.js';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';

const SOME_STEPS = ['--set', 'training.maxSteps=25', '--set', 'training.epochs=3'];
const LONG_RUN = ['--set', 'training.maxSteps=1000', '--set', 'training.epochs=1000'];

let run: RunFolder;
const started: Started[] = [];

beforeAll(async () => {
  run = await createRunFolder();
});
afterAll(() => run.remove());
afterEach(() => {
  for (const { child } of started.splice(0)) child.kill('SIGKILL');
});

function startProcess(...args: string[]): Started {
  const process = start(args, run.environment);
  started.push(process);
  return process;
}

function outputOf(name: string): string {
  return join(run.folder, name);
}

async function startCoordinator(name: string, flags: readonly string[], listen = '127.0.0.1:0') {
  const coordinator = startProcess(
    'coordinator',
    run.config,
    '--listen',
    listen,
    '--set',
    `output=${outputOf(name)}`,
    ...flags,
  );
  const [, address] = await coordinator.written(/"address":"([^"]+)"/);
  await vi.waitUntil(() => existsSync(join(outputOf(name), 'coordinator.address')));
  return { coordinator, address: address! };
}

function startWorkers(address: string): Started[] {
  return ['a', 'b'].map((id) => startProcess('worker', '--coordinator', address, '--id', id));
}

function ask(args: readonly string[], environment: Record<string, string> = {}) {
  return prospect(args, { ...run.environment, ...environment });
}

/** A command that is obeyed. @returns what it says. */
async function give(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await ask([...args]);
  expect(exitCode, stderr).toBe(0);
  return stdout.trim();
}

async function statusOf(name: string) {
  return JSON.parse(await give('status', outputOf(name), '--json'));
}

async function resultIn(name: string): Promise<string> {
  const adapter = await readFile(join(outputOf(name), 'adapter', 'adapter_model.safetensors'));
  return createHash('sha256').update(adapter).digest('hex');
}

function metricsOf(name: string): string {
  const path = join(outputOf(name), 'metrics.jsonl');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** Events about commands, pauses and their ends, in a few words each. */
async function steeringTold(name: string): Promise<string[]> {
  const text = await readFile(join(outputOf(name), 'events.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map(parseRunEvent)
    .flatMap((event) => {
      if (event.kind === 'command') return [`${event.command} ${event.outcome}`];
      if (event.kind === 'runPaused') return [`runPaused ${event.because}`];
      return event.kind === 'runResumed' ? [event.kind] : [];
    });
}

/** Waits for a step's line in metrics.jsonl. */
async function stepWritten(name: string, step: number): Promise<void> {
  await vi.waitUntil(() => metricsOf(name).includes(`{"step":${step},`), { timeout: 60_000, interval: 20 });
}

/** A coordinator that is killed and started again on the same port. */
async function replace(name: string, killed: Started, address: string, flags: readonly string[]): Promise<Started> {
  killed.child.kill('SIGKILL');
  await killed.ended();
  return (await startCoordinator(name, flags, address)).coordinator;
}

describe('a run that is steered', () => {
  let undisturbed: string;

  beforeAll(async () => {
    const flags = ['--set', `output=${outputOf('undisturbed')}`, ...SOME_STEPS, '--json'];
    const { exitCode, stdout, stderr } = await ask(['train', run.config, ...flags]);
    expect(exitCode, stderr).toBe(0);
    undisturbed = JSON.parse(stdout).sha256;
  });

  test('pauses and goes on with the same bits, also when its coordinator is killed in the pause', async () => {
    const output = outputOf('paused');
    const { coordinator, address } = await startCoordinator('paused', SOME_STEPS);
    const workers = startWorkers(address);
    await stepWritten('paused', 2);
    const [, last] = /^pauses after step (\d+)(, now)?$/.exec(await give('pause', output))!;
    await coordinator.written(/paused by command, after step/);
    expect(await statusOf('paused')).toMatchObject({ state: 'paused', step: Number(last), totalSteps: 25 });
    expect(await give('evaluate', 'now', output)).toBe(`evaluates the held-out rows after step ${last}, now`);
    await vi.waitUntil(() => new RegExp(`{"step":${last},.*"eval_loss"`).test(metricsOf('paused')));
    expect(await give('snapshot', 'now', output)).toBe(`writes a snapshot of step ${last}, now`);
    await coordinator.written(new RegExp(`"step":${last},.*"msg":"snapshot written"`));

    const again = await replace('paused', coordinator, address, SOME_STEPS);
    expect(again.stderr()).toContain('this run was paused by command');
    await again.written(/paused by command, after step/);
    const said = JSON.parse(
      await give('resume', '--coordinator', address, '--token-file', tokenOf('paused'), '--json'),
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
      const { coordinator, address } = await startCoordinator(name, flags);
      const says = await give('set', outputOf(name), '--learning-rate', '5e-3', '--from-step', '12');
      expect(says).toBe('the peak learning rate is 0.005 from step 12 on');
      const workers = startWorkers(address);
      let last = coordinator;
      if (name !== 'changed') await stepWritten(name, 14);
      if (name === 'changed-coordinator') last = await replace(name, coordinator, address, flags);
      if (name === 'changed-all') {
        for (const { child } of [coordinator, ...workers]) child.kill('SIGKILL');
        await Promise.all([coordinator, ...workers].map((one) => one.ended()));
        last = startProcess('train', run.config, '--resume', '--set', `output=${outputOf(name)}`, ...flags);
      }
      expect(await last.ended(), last.stderr()).toBe(0);
      results.push(await resultIn(name));
    }
    expect(new Set(results)).toHaveLength(1);
    expect(results[0]).not.toBe(undisturbed);
  });
});

test('limits of workers hold through a restart, and stop ends the run', async () => {
  const output = outputOf('limits');
  const { coordinator, address } = await startCoordinator('limits', LONG_RUN);
  const workers = startWorkers(address);
  await stepWritten('limits', 2);
  expect(await give('set', output, '--max-workers', '1')).toMatch(/^trains with 1 to 1 workers from now on; 1 of 2 /);
  await vi.waitUntil(async () => (await statusOf('limits')).members[1].status === 'following', { timeout: 30_000 });
  const again = await replace('limits', coordinator, address, LONG_RUN);
  expect(await statusOf('limits')).toMatchObject({ workers: { min: 1, max: 1 } });
  await again.written(/"msg":"training"/);
  expect(await give('stop', output, '--no-snapshot')).toMatch(/^stops .*, without a snapshot/);
  expect(await again.ended()).toBe(130);
  expect(again.stderr()).toContain('error (INTERRUPTED): stopped by command.');
  for (const worker of workers) expect(await worker.ended()).toBe(0);
  expect(existsSync(join(output, 'snapshots'))).toBe(false);
});

test('stop takes a snapshot, from which the run goes on', async () => {
  const { coordinator, address } = await startCoordinator('stopped', LONG_RUN);
  startWorkers(address);
  await stepWritten('stopped', 2);
  const [, step] = /with a snapshot of step (\d+)/.exec(await give('stop', outputOf('stopped')))!;
  expect(await coordinator.ended()).toBe(130);
  expect(coordinator.stderr()).toContain(`can go on from step ${step}: train with --resume`);
});

describe('who may not steer', () => {
  test('is refused, and nothing changes', async () => {
    const output = outputOf('guarded');
    const { coordinator, address } = await startCoordinator('guarded', LONG_RUN);
    expect(statSync(tokenOf('guarded')).mode & 0o777).toBe(0o600);
    const journal = () => readFile(join(output, 'journal.jsonl'), 'utf8');
    const before = await journal();
    const wrong = await ask(['pause', output], { PROSPECT_TOKEN: 'a token of another run' });
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toMatch(/error \(ACCESS_DENIED\): the control token is not this run’s; nothing was changed/);
    for (const args of [['status'], ['stop', '--no-snapshot']]) {
      const missing = await ask([...args, '--coordinator', address]);
      expect(missing.exitCode).toBe(2);
      expect(missing.stderr).toMatch(/error \(ACCESS_DENIED\): a control token is missing/);
    }
    expect(await journal()).toBe(before);
    expect(await statusOf('guarded')).toMatchObject({ state: 'waiting' });
    const impossible = await ask(['set', output, '--learning-rate', '1e-3', '--from-step', '1001']);
    expect(impossible.exitCode).toBe(2);
    expect(impossible.stderr).toMatch(/error \(CONFIG_INVALID\): .*from step 1 to 1000, not from step 1001 on/);
    coordinator.child.kill('SIGTERM');
    expect(await coordinator.ended()).toBe(130);
    expect(existsSync(tokenOf('guarded'))).toBe(false);
  });

  test('is everybody, where other machines reach a coordinator without a token', async () => {
    const { coordinator } = await startCoordinator('open', LONG_RUN, '0.0.0.0:0');
    const { exitCode, stderr } = await ask(['status', outputOf('open')]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('this coordinator has no control token, so it takes no commands. Set control.tokenFile');
    coordinator.child.kill('SIGKILL');
  });

  test('is not who has the token that the configuration names', async () => {
    const file = join(run.folder, 'token');
    await writeFile(file, `${'correct horse battery staple'}\n`);
    await startCoordinator('named', [...LONG_RUN, '--set', `control.tokenFile=${file}`], '0.0.0.0:0');
    expect(await give('status', outputOf('named'), '--token-file', file)).toContain('waiting');
  });
});

describe('a folder without a coordinator', () => {
  test('is said to be one', async () => {
    const { exitCode, stderr } = await ask(['status', run.folder]);
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(/error \(UNREACHABLE\): no coordinator works on .*start a coordinator/);
  });

  test('whose coordinator was killed is told apart', async () => {
    const { coordinator } = await startCoordinator('killed', LONG_RUN);
    coordinator.child.kill('SIGKILL');
    await coordinator.ended();
    const { exitCode, stderr } = await ask(['pause', outputOf('killed')]);
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(/error \(UNREACHABLE\): the coordinator of .*killed \(process \d+, since .*\) is gone/);
  });
});

function tokenOf(name: string): string {
  return join(outputOf(name), 'control.token');
}
