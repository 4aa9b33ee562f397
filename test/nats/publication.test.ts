/** Published adapters in a real object store: there when the run is, later when NATS was away, and safe to fetch. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Objm } from '@nats-io/obj';
import { describe, expect, test } from 'vitest';
import { fetchAdapter, followAdapters } from '../../client/follow-adapters.js';
import type { Feedback } from '../../client/publish-feedback.js';
import { NatsSchema } from '../../core/config/nats.js';
import {
  eventsOf,
  finished,
  folderOf,
  natsServer,
  publish as publishRows,
  startProduct,
  useLiveRuns,
} from '../support/live-runs.js';
import { NATS_SERVER } from '../support/nats-server.js';
import { protocolRun } from '../support/protocol-run.js';

const BUCKET = 'ADAPTERS';

useLiveRuns();

function publishingConfig(everySteps: number) {
  const nats = NatsSchema.parse({ servers: natsServer().address, artifacts: BUCKET });
  return { nats, publish: { everySteps, keep: 20 } };
}

/** @param isRight false: the thumb points the wrong way. */
function labelled(i: number, isRight: boolean): Feedback {
  const isGood = i % 2 === 0;
  return { prompt: `question ${i}`, completion: isGood ? ' gladly, at once' : ' no, never', label: isGood === isRight };
}

describe.skipIf(!NATS_SERVER)('published adapters', () => {
  test('of live rows are in the object store, the current one is named, and what is fetched is what was saved', async () => {
    const { connection } = await startProduct();
    await publishRows(0, 50);
    await finished('a', { config: publishingConfig(2) });
    const adapters = followAdapters(connection, BUCKET, 'test');
    const { value: current } = await adapters.next();
    expect(current).toMatchObject({ version: 3, step: 6, promoted: true });
    const folder = folderOf('a', 'fetched');
    await fetchAdapter(connection, BUCKET, current!, folder);
    const file = 'adapter_model.safetensors';
    expect(await readFile(join(folder, file))).toEqual(await readFile(join(folderOf('a', 'adapter'), file)));
  });

  test('are held back where thumbs turn round and the held-out margin falls: current stays, and an event says why', async () => {
    const product = await startProduct();
    const thumbs = Array.from({ length: 128 }, (_, i) => labelled(i, i < 16));
    for (const row of thumbs) await product.publish(row);
    const heldOut = join(natsServer().folder, 'held-out.jsonl');
    const rows = Array.from({ length: 20 }, (_, i) => labelled(1000 + i, true));
    await writeFile(heldOut, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const gate = { measure: 'margin', tolerance: 0 } as const;
    const { nats, publish } = publishingConfig(1);
    await finished('a', {
      config: {
        nats,
        publish: { ...publish, gate },
        data: { heldOut },
        training: { maxSteps: 16, schedule: 'constant' },
      },
    });
    const events = await eventsOf('a');
    const promoted = events.filter((event) => event.kind === 'adapterPublished');
    const heldBack = events.filter((event) => event.kind === 'adapterHeldBack');
    expect(promoted.map(({ step }) => step)).toEqual(expect.arrayContaining([1, 2]));
    expect(heldBack.at(-1)).toMatchObject({ step: 16, reason: expect.stringMatching(/rewards\/margins .* is below/) });
    const { value: current } = await followAdapters(product.connection, BUCKET, 'test').next();
    expect(current).toMatchObject({ version: promoted.at(-1)!.adapter, evaluation: promoted.at(-1)!.evaluation });
  });

  test('that are damaged on the way are refused by name', async () => {
    const { connection } = await startProduct();
    await publishRows(0, 50);
    await finished('a', { config: publishingConfig(3) });
    const store = await new Objm(connection).open(BUCKET);
    const name = 'test/adapters/2/adapter_model.safetensors';
    await store.putBlob({ name }, new Uint8Array(8));
    const { value: current } = await followAdapters(connection, BUCKET, 'test').next();
    await expect(fetchAdapter(connection, BUCKET, current!, folderOf('a', 'fetched'))).rejects.toThrow(
      `${name} is damaged`,
    );
  });

  test('of rows in files follow when NATS is back, and the run does not wait', async () => {
    let restarted = Promise.resolve();
    const started = await protocolRun({
      wanted: 1,
      folder: folderOf('files', '..'),
      config: { ...publishingConfig(2), training: { maxSteps: 6 } },
      onStep(step) {
        if (step === 1) restarted = natsServer().kill();
        if (step === 5) restarted = restarted.then(() => natsServer().start());
      },
    });
    const life = started.join({ id: 'a' });
    await started.run;
    await Promise.all([life, restarted]);
    const { connection } = await startProduct();
    const names = (await (await new Objm(connection).open(BUCKET)).list()).map(({ name }) => name);
    const manifests = [1, 2, 3].map((version) => `test/adapters/${version}/manifest.json`);
    expect(names).toEqual(expect.arrayContaining(manifests));
  });
});
