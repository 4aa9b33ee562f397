import { describe, expect, it } from 'vitest';
import type { Answer, Command } from '../machine/command.js';
import { createMachine } from '../machine/machine-fixture.js';
import { createControl } from './control.js';

const TOKEN = 'the token of this run';

/** A control whose commands are answered with `answer`; they are in `given`. */
function controlled({ answer, token = TOKEN, heldOutRows = 5 }: Partial<Setting> = {}) {
  const given: Command[] = [];
  const control = createControl({
    runId: 'run',
    token,
    heldOutRows: () => heldOutRows,
    rowsAwaited: () => undefined,
    state: createMachine().state,
    give: async (command) => {
      given.push(command);
      return answer ?? { isDone: true, says: 'pauses after step 3', step: 3, obeys: undefined };
    },
  });
  return { control, given };
}

interface Setting {
  readonly answer: Answer;
  readonly token: string;
  readonly heldOutRows: number;
}

describe('a command', () => {
  it('is acknowledged with what the machine says', async () => {
    const { control, given } = controlled();
    expect(await control.command(TOKEN, { command: 'pause' })).toEqual({ says: 'pauses after step 3', step: 3 });
    expect(given).toEqual([{ command: 'pause' }]);
  });

  it.each(['', 'another token', `${TOKEN} `])('with the token "%s" never comes to the machine', async (token) => {
    const { control, given } = controlled();
    await expect(control.command(token, { command: 'pause' })).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    expect(() => control.status(token)).toThrow(/nothing was changed/);
    expect(given).toEqual([]);
  });

  it('that the machine refuses is an error with its reason', async () => {
    const { control } = controlled({ answer: { isDone: false, says: 'the run is ending' } });
    await expect(control.command(TOKEN, { command: 'resume' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'resume is refused, nothing changes: the run is ending.',
    });
  });

  it('to evaluate is refused where no rows are held out', async () => {
    const { control, given } = controlled({ heldOutRows: 0 });
    await expect(control.command(TOKEN, { command: 'evaluate' })).rejects.toThrow(/no rows are held out/);
    expect(given).toEqual([]);
  });
});

it('the status is read off the machine', () => {
  expect(controlled().control.status(TOKEN)).toEqual({
    runId: 'run',
    state: 'waiting',
    step: 0,
    totalSteps: 3,
    stepAtWork: undefined,
    learningRate: undefined,
    learningRates: [],
    workers: { min: 2, max: 2 },
    members: [],
    snapshotStep: 0,
    snapshotAtWork: undefined,
    setAside: 0,
  });
});
