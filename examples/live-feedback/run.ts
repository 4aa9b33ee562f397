/** What `npm run example:live` runs: nats-server, the product, the run, and what comes of it. Takes --set like `prospect train`. */
import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { jetstreamManager } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { loadConfig } from '../../cli/load-config.js';
import { reportError } from '../../cli/report-error.js';
import { fetchAdapter, followAdapters, type PublishedAdapter } from '../../client/follow-adapters.js';
import type { RunConfig } from '../../core/config/schema.js';
import { eventSubject, parseRunEvent } from '../../core/events/run-event.js';
import { startNats } from './nats-server.js';
import { openProduct, type Product } from './product.js';
import { INTRODUCTION, type Shown, table, versionLine } from './show.js';
import { startTraining, type Training } from './training.js';

/** Whom the last version answers, after the run has ended. */
const LAST_CUSTOMERS = 30;

const CONFIG_FILE = join('examples', 'live-feedback', 'live.yaml');

try {
  await liveFeedback();
} catch (error) {
  reportError(error, { debug: false });
}

async function liveFeedback(): Promise<void> {
  const { values } = parseArgs({ options: { set: { type: 'string', multiple: true, default: [] } } });
  const server = await startNats();
  const settings = [...values.set, `nats.servers=${server.address}`];
  const connection = await connect({ servers: server.address });
  let training: Training | undefined;
  try {
    const config = await loadConfig(CONFIG_FILE, { set: settings });
    console.log(INTRODUCTION);
    await makeStreams(connection, config);
    const run = nextRun(connection);
    await mkdir(config.output, { recursive: true });
    const flags = settings.flatMap((setting) => ['--set', setting]);
    training = await startTraining([CONFIG_FILE, ...flags, '--overwrite'], join(config.output, 'train.log'));
    const shown = await serve(connection, config, training, run);
    await training.ended;
    console.log(`\n${table(shown).join('\n')}\n\nAdapters: ${relative('', join(config.output, 'published'))}`);
  } finally {
    training?.stop();
    await connection.close();
    await server.close();
  }
}

/** Those belong to the product, not to the run. */
async function makeStreams(connection: NatsConnection, { data, nats }: RunConfig): Promise<void> {
  await (await jetstreamManager(connection)).streams.add({ name: data.stream!, subjects: [data.subject!] });
  await new Objm(connection).create(nats!.artifacts!);
}

/** Id of the run that starts next. */
async function nextRun(connection: NatsConnection): Promise<string> {
  for await (const message of connection.subscribe(eventSubject('*', 'runStarted'), { max: 1 })) {
    return parseRunEvent(message.string()).run;
  }
  throw new Error('the connection was closed before the run started');
}

/** Answers customers until the run has ended, with the newest version that the gate let through. */
async function serve(
  connection: NatsConnection,
  { model: folder, engine, threads, data, nats, output }: RunConfig,
  training: Training,
  run: Promise<string>,
): Promise<Shown[]> {
  const bucket = nats!.artifacts!;
  const product = await openProduct(connection, data.subject!, { folder, engine, threads });
  const shown: Shown[] = [{ adapter: undefined, served: { answers: 0, thumbsUp: 0 } }];
  const take = async (adapter: PublishedAdapter) => {
    const target = join(output, 'served', String(adapter.version));
    await fetchAdapter(connection, bucket, adapter, target);
    await product.serve(target);
    shown.push({ adapter, served: { answers: 0, thumbsUp: 0 } });
    console.log(versionLine(adapter));
  };
  const arrived: PublishedAdapter[] = [];
  void collect(connection, bucket, run, arrived);
  try {
    while (!training.hasEnded()) {
      const adapter = arrived.shift();
      if (adapter) await take(adapter);
      await answerOne(product, shown.at(-1)!);
    }
    await training.ended;
    // All are in the store when the run has ended, but need not have arrived here.
    const { value: last } = await followAdapters(connection, bucket, await run).next();
    const left = arrived.filter(({ version }) => version !== last?.version);
    for (const adapter of [...left, ...(last ? [last] : [])]) {
      if (adapter.version !== shown.at(-1)!.adapter?.version) await take(adapter);
    }
    for (let i = 0; i < LAST_CUSTOMERS; i++) await answerOne(product, shown.at(-1)!);
    return shown;
  } finally {
    product.close();
  }
}

async function collect(
  connection: NatsConnection,
  bucket: string,
  run: Promise<string>,
  arrived: PublishedAdapter[],
): Promise<void> {
  for await (const adapter of followAdapters(connection, bucket, await run)) arrived.push(adapter);
}

async function answerOne(product: Product, { served }: Shown): Promise<void> {
  if (await product.answer()) served.thumbsUp++;
  served.answers++;
}
