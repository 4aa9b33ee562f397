/**
 * What events cost a step. Steps of 20 ms of arithmetic (50 a second) run with no events, with the log, and with the log
 * and its delivery to a real nats-server, in turn for short stretches, so that what the machine does besides meets all
 * three alike. The cost is CPU time of the process without the arithmetic, which varies more than events cost; it must stay
 * under 1 % of a step. Linux alone tells a thread's own time.
 * `npm run bench:events -- [ROUNDS]`
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { startDelivery } from '../coordinator/events/deliver.js';
import { openEventLog } from '../coordinator/events/event-log.js';
import { stepEvent } from '../coordinator/events/metrics-events.js';
import { openNextStep } from '../coordinator/metrics/next-step.js';
import { connectNats } from '../coordinator/nats/connect.js';
import { NatsSchema } from '../core/config/nats.js';
import { exampleMetrics } from '../test/builders/example-metrics.js';
import { createNatsServer, NATS_SERVER } from '../test/support/nats-server.js';
import { NO_RIVAL } from '../test/support/no-rival.js';

const STEP_MS = 20;
const STRETCH_STEPS = 250;
/** Of a stretch, not counted: connecting and asking where the stream stands. */
const START_STEPS = 50;
const LIMIT_BYTES = 2 ** 26;
const MODES = ['nothing', 'log', 'log and NATS'] as const;

const rounds = Number(process.argv[2] ?? 4);
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };

if (!NATS_SERVER) throw new Error('There is no nats-server (Debian: apt-get install nats-server)');
const turns = turnsFor(STEP_MS);
const stretches: Stretch[] = [];
// The first round warms up.
for (let round = 0; round <= rounds; round++) {
  for (const mode of MODES) {
    const stretch = await measure(mode);
    if (round > 0) stretches.push(stretch);
  }
}
const idleMs = median(stretches.filter(({ mode }) => mode === 'nothing').map(({ cpuMs }) => cpuMs));
console.table(
  MODES.map((mode) => {
    const own = stretches.filter((stretch) => stretch.mode === mode);
    const cpuMs = median(own.map((stretch) => stretch.cpuMs));
    const tellMs = own.flatMap((stretch) => stretch.tellMs);
    return {
      mode,
      'CPU ms a step': cpuMs.toFixed(3),
      'beyond nothing, % of a step': (((cpuMs - idleMs) / STEP_MS) * 100).toFixed(2),
      'tell p50 ms': percentile(tellMs, 0.5).toFixed(3),
      'tell p99 ms': percentile(tellMs, 0.99).toFixed(3),
    };
  }),
);

interface Stretch {
  readonly mode: (typeof MODES)[number];
  /** Of a step, beside its arithmetic. */
  readonly cpuMs: number;
  readonly tellMs: readonly number[];
}

async function measure(mode: Stretch['mode']): Promise<Stretch> {
  const output = await mkdtemp(join(tmpdir(), 'prospect-bench-events-'));
  const server = await createNatsServer();
  await server.start();
  const onError = (error: Error) => console.error(error);
  const log = await openEventLog({
    fence: NO_RIVAL,
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
  const connection = mode === 'log and NATS' ? await connect() : undefined;
  const delivery =
    connection && startDelivery({ nats, events: log, connect, connection, log: quiet, timeMs: Date.now });
  const tellMs: number[] = [];
  let computedMs = 0;
  let before = process.cpuUsage();
  for (let step = 1; step <= START_STEPS + STRETCH_STEPS; step++) {
    if (step === START_STEPS + 1) {
      before = process.cpuUsage();
      computedMs = 0;
    }
    const beforeMs = threadMs();
    compute(turns);
    computedMs += threadMs() - beforeMs;
    const startMs = performance.now();
    if (mode !== 'nothing') {
      const metrics = exampleMetrics({ step });
      next.write(metrics);
      log.tell(stepEvent(metrics));
    }
    tellMs.push(performance.now() - startMs);
    await setImmediate();
  }
  const { user, system } = process.cpuUsage(before);
  await delivery?.close();
  next.close();
  await log.close();
  await server.remove();
  await rm(output, { recursive: true });
  return { mode, cpuMs: ((user + system) / 1000 - computedMs) / STRETCH_STEPS, tellMs };
}

/** CPU time of the main thread so far. */
function threadMs(): number {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
}

function compute(turns: number): number {
  let value = 1;
  for (let turn = 0; turn < turns; turn++) value = (value * 31 + turn) | 0;
  return value;
}

/** So many that they take about that long here, when compiled. */
function turnsFor(ms: number): number {
  const count = 10_000_000;
  for (let warmUp = 0; warmUp < 5; warmUp++) compute(count);
  const startMs = performance.now();
  compute(count);
  return Math.round((count * ms) / (performance.now() - startMs));
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1]!;
}
