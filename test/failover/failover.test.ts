/** The leading coordinator is killed or stopped: another one goes on, and the result is that of the undisturbed run. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomFrom } from '../../core/order/mix.js';
import type { Outcome } from '../chaos/outcome.js';
import { createNatsServer, NATS_SERVER } from '../support/nats-server.js';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';
import { type DisturbedRun, disturbedRun } from './disturbed-run.js';
import type { Strike } from './fail-over.js';

const STEPS = 150;
/** On a busy machine of two cores. */
const RUN_TIMEOUT_MS = 150_000;
const TAKEOVER_MS = 10_000;

let run: RunFolder;
let undisturbed: Outcome;

async function disturbed(name: string, strikes: readonly Strike[], settings: readonly string[] = []) {
  return disturbedRun({ run, name, steps: STEPS, settings, strikes, random: randomFrom(strikes.length) });
}

function expectUndisturbed({ outcome, failOvers, wrongCommits }: DisturbedRun): void {
  expect([...wrongCommits]).toEqual([]);
  expect(outcome).toEqual(undisturbed);
  for (const { stepMs } of failOvers) if (stepMs !== undefined) expect(stepMs).toBeLessThan(TAKEOVER_MS);
}

beforeAll(async () => {
  run = await createRunFolder();
  ({ outcome: undisturbed } = await disturbed('undisturbed', []));
}, RUN_TIMEOUT_MS);
afterAll(() => run.remove());

describe('the leader is struck, and another coordinator goes on with the same bits', () => {
  it(
    'by the lock of the folder they share',
    async () => {
      expectUndisturbed(await disturbed('folder', ['killed', 'stopped']));
    },
    RUN_TIMEOUT_MS,
  );

  it.skipIf(!NATS_SERVER)(
    'by a lease in NATS',
    async () => {
      const server = await createNatsServer();
      await server.start();
      try {
        const settings = [`nats.servers=${server.address}`, 'nats.leases=LEASES'];
        expectUndisturbed(await disturbed('nats', ['stopped', 'held up', 'killed'], settings));
      } finally {
        await server.remove();
      }
    },
    RUN_TIMEOUT_MS,
  );
});
