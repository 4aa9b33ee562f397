/** The soak of live feedback, short: `npm run soak:feedback` is the long one. */
import { expect, test } from 'vitest';
import { NATS_SERVER } from '../support/nats-server.js';
import { soak } from './feedback-soak.js';

const SETTING = { rows: 600, badEvery: 15, globalBatch: 20, ahead: 100 };
/** A cluster on a busy machine of two cores. */
const TIMEOUT_MS = 120_000;

test.skipIf(!NATS_SERVER)(
  'each good row is trained once and each bad one is a dead letter once, with coordinator, worker and NATS killed',
  async () => {
    const { good, bad, trained, dead, steps } = await soak(SETTING);
    expect(good.length + bad.length).toBe(SETTING.rows);
    expect(trained).toEqual(good);
    expect(dead).toEqual(bad);
    expect(steps).toEqual(steps.map((_, i) => i + 1));
  },
  TIMEOUT_MS,
);
