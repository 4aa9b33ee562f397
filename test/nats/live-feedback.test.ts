/** Runs that are fed while they go on, by a real JetStream: each row trained once, whatever comes between. */
import { rm } from 'node:fs/promises';
import { jetstreamManager, RetentionPolicy } from '@nats-io/jetstream';
import { describe, expect, test } from 'vitest';
import {
  BATCH,
  eventsOf,
  finished,
  folderOf,
  killedAt,
  liveRun,
  natsServer,
  publish,
  RESUME,
  STEPS,
  sequencesOf,
  startProduct,
  upTo,
  useLiveRuns,
} from '../support/live-runs.js';
import { NATS_SERVER } from '../support/nats-server.js';
import { badThumb, DEAD_LETTERS, deadLetters, STREAM, thumb } from '../support/thumbs.js';

useLiveRuns();

describe.skipIf(!NATS_SERVER)('rows of a stream', () => {
  test('are trained once each, in the order of the stream, and acknowledged when they are', async () => {
    const product = await startProduct();
    await publish(0, 50);
    await finished('a', {}, ['a', 'b']);
    expect((await sequencesOf('a')).flat()).toEqual(upTo(STEPS * BATCH));
    const manager = await jetstreamManager(product.connection);
    const { ack_floor } = await manager.consumers.info(STREAM, 'prospect-test');
    expect(ack_floor.stream_seq).toBe(STEPS * BATCH);
  });

  test('give the same bits on one worker, on two, and with coordinator, worker and NATS killed on the way', async () => {
    await startProduct();
    await publish(0, 50);
    const undisturbed = await finished('one');
    expect(await finished('two', {}, ['a', 'b'])).toBe(undisturbed);
    const snapshots = { config: { snapshots: { everySteps: 2, keep: 2 } } };
    await killedAt(3, 'killed', snapshots);
    await natsServer().kill();
    await natsServer().start();
    expect(await finished('killed', { ...snapshots, ...RESUME })).toBe(undisturbed);
    expect(await sequencesOf('killed')).toEqual(await sequencesOf('one'));
  });

  test('give the same bits when NATS is killed while they are read', async () => {
    const product = await startProduct();
    await Promise.all(Array.from({ length: 2400 }, (_, i) => product.publish(thumb(i))));
    const config = { training: { maxSteps: 24, globalBatch: 100 } };
    const undisturbed = await finished('one', { config });
    let restarted: Promise<void> | undefined;
    const onStep = (step: number) => {
      if (step === 4)
        restarted = natsServer()
          .kill()
          .then(() => natsServer().start());
    };
    expect(await finished('killed', { config, onStep })).toBe(undisturbed);
    await restarted;
    expect(await sequencesOf('killed')).toEqual(await sequencesOf('one'));
  });

  test('that cannot be used are dead letters, each once, with reason and payload, also when a coordinator sees them again', async () => {
    const product = await startProduct();
    for (let i = 0; i < 60; i++) await product.publish(i % 10 === 4 ? badThumb(i) : thumb(i));
    await killedAt(2, 'a');
    await finished('a', RESUME);
    const letters = await deadLetters(natsServer().address);
    expect(letters.map(({ sequence }) => sequence)).toEqual([5, 15, 25, 35, 45, 55]);
    expect(letters.map(({ payload }) => payload)).toEqual([4, 14, 24, 34, 44, 54].map(badThumb));
    expect(letters[0]!.reason).toBe('not JSON');
    expect(letters[1]!.subject).toBe(`${DEAD_LETTERS}.15`);
    const trained = (await sequencesOf('a')).flat();
    expect(trained).toEqual(
      upTo(60)
        .filter((sequence) => sequence % 10 !== 5)
        .slice(0, STEPS * BATCH),
    );
  });

  test('are gone from a work queue once they are trained, and not before', async () => {
    const product = await startProduct({ retention: RetentionPolicy.Workqueue });
    await publish(0, 50);
    await killedAt(3, 'a');
    await finished('a', RESUME);
    expect((await sequencesOf('a')).flat()).toEqual(upTo(STEPS * BATCH));
    const manager = await jetstreamManager(product.connection);
    expect((await manager.streams.info(STREAM)).state.messages).toBe(2);
  });

  test('are read again, to the same batches and bits, when the row log is lost with the machine', async () => {
    const product = await startProduct();
    for (let i = 0; i < 60; i++) await product.publish(i % 10 === 4 ? badThumb(i) : thumb(i));
    const undisturbed = await finished('one');
    await killedAt(3, 'lost');
    await rm(folderOf('lost', 'feedback'), { recursive: true });
    expect(await finished('lost', RESUME)).toBe(undisturbed);
    expect(await sequencesOf('lost')).toEqual(await sequencesOf('one'));
    expect(await deadLetters(natsServer().address)).toHaveLength(6);
  });

  test('are missed, loudly, when row log and stream have lost them', async () => {
    const product = await startProduct();
    await publish(0, 60);
    await killedAt(3, 'a');
    await rm(folderOf('a', 'feedback'), { recursive: true });
    await (await jetstreamManager(product.connection)).streams.purge(STREAM, { seq: 5 });
    const started = await liveRun('a', RESUME);
    const leaving = new AbortController();
    const life = started.join({ id: 'a', signal: leaving.signal });
    await expect(started.run).rejects.toThrow('the source no longer has all rows that it had before step 1');
    // A disk can be put right: until then it would wait for the coordinator.
    leaving.abort();
    await life;
  });

  test('are others when the stream was made anew, with numbers that were there before', async () => {
    const product = await startProduct();
    await publish(0, 20);
    const config = { training: { maxSteps: 4 } };
    await killedAt(2, 'a', { config });
    const manager = await jetstreamManager(product.connection);
    await manager.streams.delete(STREAM);
    await startProduct();
    await publish(100, 120);
    await finished('a', { config, ...RESUME });
    expect(await sequencesOf('a')).toEqual([
      upTo(8),
      upTo(16).slice(8),
      [17, 18, 19, 20, 1, 2, 3, 4],
      upTo(12).slice(4),
    ]);
  });

  test('are held out by their number, and evaluated as far as the step had seen', async () => {
    await startProduct();
    await publish(0, 70);
    const config = { data: { heldOut: 0.2 }, evaluation: { everySteps: 3 } };
    await finished('a', { config });
    const trained = (await sequencesOf('a')).flat();
    expect(new Set(trained).size).toBe(STEPS * BATCH);
    const evaluations = (await eventsOf('a')).filter(({ kind }) => kind === 'evaluation');
    expect(evaluations.map((event) => 'step' in event && event.step)).toEqual([3, 6]);
    await finished('b', { config });
    expect((await sequencesOf('b')).flat()).toEqual(trained);
  });
});
