import { describe, expect, it } from 'vitest';
import { ControlReplySchema, LARGEST_REQUEST_BYTES } from '../../core/control/messages.js';
import type { Command } from '../machine/command.js';
import { createMachine } from '../machine/machine-fixture.js';
import { answerRequest } from './answer-request.js';
import { createControl } from './control.js';

const TOKEN = 'the token of this run';

async function ask(request: unknown) {
  const given: Command[] = [];
  const control = createControl({
    runId: 'run',
    token: TOKEN,
    heldOutRows: () => 5,
    rowsAwaited: () => undefined,
    state: createMachine().state,
    give: async (command) => {
      given.push(command);
      return { isDone: true, says: 'so it is', step: 3, obeys: undefined };
    },
  });
  const text = typeof request === 'string' ? request : JSON.stringify(request);
  const reply = await answerRequest(Buffer.from(text), control);
  expect(ControlReplySchema.parse(JSON.parse(JSON.stringify(reply)))).toEqual(reply);
  return { reply, given };
}

function wanted(command: string, fields: object = {}) {
  return { version: 1, token: TOKEN, command, ...fields };
}

describe('a request over NATS', () => {
  it('for the status is replied with it', async () => {
    const { reply } = await ask(wanted('status'));
    expect(reply).toMatchObject({ version: 1, status: { runId: 'run', state: 'waiting', totalSteps: 3 } });
  });

  it.each([
    [wanted('pause'), { command: 'pause' }],
    [wanted('stop'), { command: 'stop', reason: 'stopped by command', snapshot: true }],
    [wanted('stop', { snapshot: false }), { command: 'stop', reason: 'stopped by command', snapshot: false }],
    [wanted('workers', { max: 2 }), { command: 'workers', max: 2 }],
    [
      wanted('learningRate', { learningRate: 0.1, fromStep: 2 }),
      { command: 'learningRate', learningRate: 0.1, fromStep: 2 },
    ],
  ])('%j is acknowledged', async (request, command) => {
    const { reply, given } = await ask(request);
    expect(reply).toEqual({ version: 1, acknowledged: { says: 'so it is', step: 3 } });
    expect(given).toEqual([command]);
  });

  it.each([
    ['half of it', '{"version":1,', 'PROTOCOL', /cannot be read, nothing was changed/],
    ['nothing', '', 'PROTOCOL', /cannot be read/],
    ['null', 'null', 'PROTOCOL', /reads version 1 alone/],
    ['another version', { ...wanted('pause'), version: 2 }, 'PROTOCOL', /reads version 1 alone/],
    ['an unknown command', wanted('explode'), 'PROTOCOL', /command/],
    ['a misspelt field', wanted('stop', { snapshots: false }), 'PROTOCOL', /"snapshots"/],
    ['a number below 0', wanted('learningRate', { learningRate: -1 }), 'PROTOCOL', /learningRate/],
    [
      'too many bytes',
      ' '.repeat(LARGEST_REQUEST_BYTES) + JSON.stringify(wanted('pause')),
      'PROTOCOL',
      /at most 65536/,
    ],
    ['another token', { ...wanted('stop'), token: 'of another run' }, 'ACCESS_DENIED', /nothing was changed/],
  ])('with %s is refused', async (_, request, code, message) => {
    const { reply, given } = await ask(request);
    expect(reply).toMatchObject({ version: 1, error: { code, message: expect.stringMatching(message) } });
    expect(given).toEqual([]);
  });
});
