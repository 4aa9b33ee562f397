/**
 * Fail-over as often as one likes: `npm run failover -- --times 50`. The leader is killed, stopped or held up at random
 * moments; `--lease folder` without NATS. Prints what the takeovers took and whether anything came out otherwise.
 */
import { parseArgs } from 'node:util';
import { randomFrom } from '../../core/order/mix.js';
import { createNatsServer, type NatsServer } from '../support/nats-server.js';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';
import { type DisturbedRun, disturbedRun } from './disturbed-run.js';
import { type FailOver, STRIKES, type Strike } from './fail-over.js';

const { values: options } = parseArgs({
  options: {
    times: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '600' },
    lease: { type: 'string', default: 'nats' },
  },
});

/** Of one run, which is long enough for them. */
const STRIKES_OF_A_RUN = 5;

process.exitCode = await main();

async function main(): Promise<number> {
  const folder = await createRunFolder();
  const server = options.lease === 'nats' ? await createNatsServer() : undefined;
  await server?.start();
  const random = randomFrom(Number(options.seed));
  try {
    const calm = await runOnce(folder, 'undisturbed', [], random, server);
    const runs: DisturbedRun[] = [];
    const takeovers = () => runs.flatMap(({ failOvers }) => failOvers).filter(isTakeover).length;
    while (takeovers() < Number(options.times)) {
      const strikes = Array.from({ length: STRIKES_OF_A_RUN }, () => STRIKES[Math.floor(random() * STRIKES.length)]!);
      const run = await runOnce(folder, `run-${runs.length}`, strikes, random, server);
      runs.push(run);
      console.log(`run ${runs.length}: ${takeovers()} takeovers, SHA-256 ${run.outcome.sha256.slice(0, 12)}`);
    }
    return report(calm, runs);
  } finally {
    await server?.remove();
    await folder.remove();
  }
}

function runOnce(
  run: RunFolder,
  name: string,
  strikes: readonly Strike[],
  random: () => number,
  server: NatsServer | undefined,
): Promise<DisturbedRun> {
  const settings = server ? [`nats.servers=${server.address}`, 'nats.leases=LEASES'] : [];
  return disturbedRun({ run, name, steps: Number(options.steps), settings, strikes, random });
}

function report(calm: DisturbedRun, runs: readonly DisturbedRun[]): number {
  const all = runs.flatMap(({ failOvers }) => failOvers);
  const isSame = ({ outcome }: DisturbedRun) => JSON.stringify(outcome) === JSON.stringify(calm.outcome);
  const same = runs.filter(isSame).length;
  const wrong = sum(runs.map(({ wrongCommits }) => wrongCommits.size));
  console.log(`runs with the undisturbed run's SHA-256 and metrics   ${same} of ${runs.length}`);
  console.log(`steps not committed exactly once                      ${wrong}`);
  console.log(
    `records of replaced leaders, which do not count       ${sum(runs.map(({ voidRecords }) => voidRecords))}`,
  );
  for (const strike of [...STRIKES, undefined]) {
    const of = all.filter((failOver) => strike === undefined || failOver.strike === strike);
    console.log(lineOf(strike ?? 'all', of));
  }
  return same === runs.length && wrong === 0 ? 0 : 1;
}

function lineOf(name: string, failOvers: readonly FailOver[]): string {
  const took = failOvers.filter(isTakeover);
  const leads = times(took.map(({ leadsMs }) => leadsMs));
  const steps = times(took.map(({ stepMs }) => stepMs));
  const counted = `${String(took.length).padStart(3)} takeovers of ${failOvers.length}`;
  return `${name.padEnd(8)} ${counted}   leads after ${leads}   next step after ${steps}`;
}

function isTakeover(failOver: FailOver): failOver is FailOver & { leadsMs: number; stepMs: number } {
  return failOver.stepMs !== undefined;
}

function times(values: readonly number[]): string {
  if (values.length === 0) return '–';
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => `${sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]} ms`;
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, longest ${at(1)}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
