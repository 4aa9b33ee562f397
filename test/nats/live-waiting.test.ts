/** Runs that wait for rows: what they say, and that whatever else is wanted of them does not wait. */
import { RetentionPolicy } from '@nats-io/jetstream';
import { describe, expect, test } from 'vitest';
import type { Feedback } from '../../client/publish-feedback.js';
import { withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import {
  BATCH,
  command,
  eventsOf,
  finished,
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
import type { RunSetting } from '../support/protocol-run.js';
import { thumb } from '../support/thumbs.js';

useLiveRuns();

describe.skipIf(!NATS_SERVER)('rows of a stream', () => {
  test('are waited for, and what is missing is said, until there are some of each class', async () => {
    const product = await startProduct();
    const onlyGood = async (i: number) => product.publish({ ...thumb(i), label: true } as Feedback);
    for (let i = 0; i < 10; i++) await onlyGood(i);
    const messages: string[] = [];
    const told = withResolvers<void>();
    const started = await liveRun('a', {
      config: { training: { maxSteps: 1 }, data: { maxWaitSeconds: 0.1 } },
      onLog: (message) => {
        messages.push(message);
        if (message.includes('waits for rows')) told.resolve();
      },
    });
    const life = started.join({ id: 'a' });
    await told.promise;
    await product.publish({ ...thumb(10), label: false } as Feedback);
    await started.run;
    await life;
    expect(messages).toContain(
      'step 1 waits for rows: there are 10 desirable and 0 undesirable, it needs 1 more undesirable (data.minOfEachClass)',
    );
    const events = await eventsOf('a');
    expect(events.find(({ kind }) => kind === 'feedbackIdle')).toMatchObject({
      step: 1,
      waiting: { desirable: 10, undesirable: 0 },
      missing: { desirable: 0, undesirable: 1 },
    });
    expect(events.find(({ kind }) => kind === 'feedbackResumed')).toMatchObject({ step: 1 });
    expect(await sequencesOf('a')).toEqual([[1, 2, 3, 4, 5, 6, 7, 11]]);
  });

  test('make a smaller batch when no more come for so long', async () => {
    await startProduct();
    await publish(0, 11);
    await finished('a', { config: { training: { maxSteps: 2 }, data: { maxWaitSeconds: 0.3 } } });
    expect(await sequencesOf('a')).toEqual([upTo(8), [9, 10, 11]]);
  });
});

describe.skipIf(!NATS_SERVER)('a run without a last step', () => {
  const config = { training: { maxSteps: undefined } };

  test('lasts until it is stopped, at once while it waits for rows, and goes on with those that came meanwhile', async () => {
    await startProduct();
    await publish(0, 20);
    const ended = await stoppedWhenIdle();
    expect(await sequencesOf('a')).toEqual([upTo(8), upTo(16).slice(8)]);
    expect(await learningRates()).toEqual([0.1, 0.1]);
    expect((await eventsOf('a')).find(({ kind }) => kind === 'runStarted')).toMatchObject({ totalSteps: null });
    expect(ended).toContain('can go on from step 2');
    await publish(20, 25);
    await stoppedWhenIdle(RESUME);
    expect(await sequencesOf('a')).toEqual([upTo(8), upTo(16).slice(8), upTo(24).slice(16)]);
  });

  test('lets workers in while it waits for rows, and they take part', async () => {
    await startProduct();
    const idle = withResolvers<void>();
    const joined = withResolvers<void>();
    const started = await liveRun('a', {
      config: { training: { maxSteps: 1 } },
      onLog: (message, details) => {
        if (message.includes('waits for rows')) idle.resolve();
        if (message === 'members' && (details as { members: string[] }).members.length === 2) joined.resolve();
      },
    });
    const first = started.join({ id: 'a' });
    await idle.promise;
    const second = started.join({ id: 'b' });
    await joined.promise;
    await publish(0, 8);
    const { steps } = await started.run;
    await Promise.all([first, second]);
    expect(steps).toMatchObject([{ workers: 2 }]);
  });

  test('obeys at once while it waits for rows: pauses, evaluates, says what is missing, and goes on', async () => {
    await startProduct();
    await publish(0, 40);
    const idle = withResolvers<void>();
    const evaluated = withResolvers<void>();
    const trainedAll = withResolvers<void>();
    const started = await liveRun('a', {
      config: { ...config, data: { heldOut: 0.3 } },
      onLog: (message) => (message.includes('waits for rows') ? idle.resolve() : undefined),
      onEvaluation: () => evaluated.resolve(),
      onStep: (step) => (step === 4 ? trainedAll.resolve() : undefined),
    });
    const life = started.join({ id: 'a' });
    await idle.promise;
    expect(await command('a', { command: 'status' })).toMatchObject({
      status: {
        state: 'training',
        step: 3,
        totalSteps: 0,
        rowsAwaited: expect.stringMatching(/^step 4 waits for rows: /),
      },
    });
    expect(await command('a', { command: 'pause' })).toMatchObject({
      acknowledged: { says: 'pauses after step 3, now' },
    });
    await publish(40, 60);
    expect(await command('a', { command: 'evaluate' })).toMatchObject({ acknowledged: { step: 3 } });
    await evaluated.promise;
    expect(await command('a', { command: 'status' })).toMatchObject({ status: { state: 'paused', step: 3 } });
    await command('a', { command: 'resume' });
    await trainedAll.promise;
    started.stop(new ProspectError('INTERRUPTED', 'ended by SIGTERM'));
    await expect(started.run).rejects.toThrow('ended by SIGTERM');
    await life;
    const trained = (await sequencesOf('a')).flat();
    expect(new Set(trained).size).toBe(trained.length);
  });

  async function learningRates() {
    const events = await eventsOf('a');
    return events.flatMap((event) => (event.kind === 'step' ? [event.metrics?.learning_rate] : []));
  }

  /** @returns what the run ended with. */
  async function stoppedWhenIdle(setting: Partial<RunSetting> = {}): Promise<string> {
    const idle = withResolvers<void>();
    const started = await liveRun('a', {
      ...setting,
      config,
      onLog: (message) => (message.includes('waits for rows') ? idle.resolve() : undefined),
    });
    const life = started.join({ id: 'a' });
    await idle.promise;
    started.stop(new ProspectError('INTERRUPTED', 'ended by SIGTERM'));
    const ended = await started.run.then(String, (error: Error) => error.message);
    await life;
    return ended;
  }
});

describe.skipIf(!NATS_SERVER)('a run that cannot read its stream', () => {
  test('ends with what to do', async () => {
    await expect(liveRun('a')).rejects.toThrow(
      'data.stream: there is no stream FEEDBACK on this server; make it first',
    );
    await startProduct({ retention: RetentionPolicy.Interest });
    await expect(liveRun('b')).rejects.toThrow('retention interest');
  });

  test('waits for NATS that is away, and trains when it is there', async () => {
    await startProduct();
    await publish(0, 50);
    await natsServer().kill();
    const started = await liveRun('a');
    const life = started.join({ id: 'a' });
    await natsServer().start();
    await started.run;
    await life;
    expect((await sequencesOf('a')).flat()).toEqual(upTo(STEPS * BATCH));
  });
});
