/** Who may steer a run, and where it is found: real processes, asked with the command line. */
import { existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readJournal } from '../../coordinator/journal/read-journal.js';
import { createSteeredRuns, type SteeredRuns } from '../support/steered-runs.js';

const LONG_RUN = ['--set', 'training.maxSteps=1000', '--set', 'training.epochs=1000'];

let runs: SteeredRuns;

beforeAll(async () => {
  runs = await createSteeredRuns();
});
afterEach(() => runs.killAll());
afterAll(() => runs.remove());

describe('who may not steer', () => {
  test('is refused, and nothing changes', async () => {
    const output = runs.outputOf('guarded');
    const { coordinator, address } = await runs.startCoordinator('guarded', LONG_RUN);
    expect(statSync(runs.tokenOf('guarded')).mode & 0o777).toBe(0o600);
    const journal = async () => (await readJournal(join(output, 'journal'))).records;
    const before = await journal();
    const wrong = await runs.ask(['pause', output], { PROSPECT_TOKEN: 'a token of another run' });
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toMatch(/error \(ACCESS_DENIED\): the control token is not this run’s; nothing was changed/);
    for (const args of [['status'], ['stop', '--no-snapshot']]) {
      const missing = await runs.ask([...args, '--coordinator', address]);
      expect(missing.exitCode).toBe(2);
      expect(missing.stderr).toMatch(/error \(ACCESS_DENIED\): a control token is missing/);
    }
    expect(await journal()).toEqual(before);
    expect(await runs.statusOf('guarded')).toMatchObject({ state: 'waiting' });
    const impossible = await runs.ask(['set', output, '--learning-rate', '1e-3', '--from-step', '1001']);
    expect(impossible.exitCode).toBe(2);
    expect(impossible.stderr).toMatch(/error \(CONFIG_INVALID\): .*from step 1 to 1000, not from step 1001 on/);
    coordinator.child.kill('SIGTERM');
    expect(await coordinator.ended()).toBe(130);
    expect(existsSync(runs.tokenOf('guarded'))).toBe(false);
  });

  test('is everybody, where other machines reach a coordinator without a token', async () => {
    const certs = await runs.makeCertificates();
    const { coordinator } = await runs.startCoordinator('open', [...LONG_RUN, '--certs', certs], '0.0.0.0:0');
    const { exitCode, stderr } = await runs.ask(['status', runs.outputOf('open'), '--certs', certs]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('this coordinator has no control token, so it takes no commands. Set control.tokenFile');
    coordinator.child.kill('SIGKILL');
  });

  test('is not who has the token that the configuration names', async () => {
    const file = join(runs.folder, 'token');
    await writeFile(file, `${'correct horse battery staple'}\n`);
    const certs = ['--certs', await runs.makeCertificates()];
    const flags = [...LONG_RUN, ...certs, '--set', `control.tokenFile=${file}`];
    await runs.startCoordinator('named', flags, '0.0.0.0:0');
    expect(await runs.give('status', runs.outputOf('named'), '--token-file', file, ...certs)).toContain('waiting');
  });
});

describe('a folder without a coordinator', () => {
  test('is said to be one', async () => {
    const { exitCode, stderr } = await runs.ask(['status', runs.folder]);
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(/error \(UNREACHABLE\): no coordinator works on .*start a coordinator/);
  });

  test('whose coordinator was killed is told apart', async () => {
    const { coordinator } = await runs.startCoordinator('killed', LONG_RUN);
    coordinator.child.kill('SIGKILL');
    await coordinator.ended();
    const { exitCode, stderr } = await runs.ask(['pause', runs.outputOf('killed')]);
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(/error \(UNREACHABLE\): the coordinator of .*killed \(process \d+, since .*\) is gone/);
  });
});
