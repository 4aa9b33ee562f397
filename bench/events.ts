/**
 * What events cost a step. A coordinator’s event log and its delivery to a real nats-server run beside steps of 20 ms (50
 * a second) that do nothing else; what they take is CPU time of the process, and the time in which `tell` holds up the
 * step. `npm run bench:events -- [STEPS]`; both must stay under 1 % of a step.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startDelivery } from '../coordinator/events/deliver.js';
import { openEventLog } from '../coordinator/events/event-log.js';
import { stepEvent } from '../coordinator/events/metrics-events.js';
import { openNextStep } from '../coordinator/metrics/next-step.js';
import { connectNats } from '../coordinator/nats/connect.js';
import { NatsSchema } from '../core/config/nats.js';
import { exampleMetrics } from '../test/builders/example-metrics.js';
import { createNatsServer, NATS_SERVER } from '../test/support/nats-server.js';

const STEP_MS = 20;
const WARM_UP_STEPS = 100;
const LIMIT_BYTES = 2 ** 26;

const steps = Number(process.argv[2] ?? 500);
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };

if (!NATS_SERVER) throw new Error('There is no nats-server (Debian: apt-get install nats-server)');
const rows = [await measure('nothing'), await measure('log'), await measure('log and NATS')];
const [idle] = rows;
console.table(
  rows.map(({ what, cpuMs, tellMs }) => ({
    what,
    'CPU ms a step': cpuMs.toFixed(3),
    'CPU beyond nothing, % of a step': (((cpuMs - idle!.cpuMs) / STEP_MS) * 100).toFixed(2),
    'tell p50 ms': percentile(tellMs, 0.5).toFixed(3),
    'tell p99 ms': percentile(tellMs, 0.99).toFixed(3),
  })),
);

interface Measured {
  readonly what: string;
  readonly cpuMs: number;
  readonly tellMs: readonly number[];
}

async function measure(what: 'nothing' | 'log' | 'log and NATS'): Promise<Measured> {
  const output = await mkdtemp(join(tmpdir(), 'prospect-bench-events-'));
  const server = await createNatsServer();
  await server.start();
  const onError = (error: Error) => console.error(error);
  const log = await openEventLog({
    output,
    run: 'bench',
    goesOn: false,
    limitBytes: LIMIT_BYTES,
    onError,
    timeMs: Date.now,
  });
  const next = openNextStep(join(output, 'metrics.next.json'));
  const nats = NatsSchema.parse({ servers: server.address });
  const connect = () => connectNats(nats, 'bench', {});
  const connection = what === 'log and NATS' ? await connect() : undefined;
  const delivery =
    connection && startDelivery({ nats, events: log, connect, connection, log: quiet, timeMs: Date.now });
  const tellMs: number[] = [];
  let before = process.cpuUsage();
  for (let step = 1; step <= WARM_UP_STEPS + steps; step++) {
    if (step === WARM_UP_STEPS + 1) before = process.cpuUsage();
    const startMs = performance.now();
    if (what !== 'nothing') {
      const metrics = exampleMetrics({ step });
      next.write(metrics);
      log.tell(stepEvent(metrics));
    }
    const tookMs = performance.now() - startMs;
    if (step > WARM_UP_STEPS) tellMs.push(tookMs);
    await delay(STEP_MS - tookMs);
  }
  const { user, system } = process.cpuUsage(before);
  await delivery?.close();
  next.close();
  await log.close();
  await server.remove();
  await rm(output, { recursive: true });
  return { what, cpuMs: (user + system) / 1000 / steps, tellMs };
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1]!;
}
