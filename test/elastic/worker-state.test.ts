/** Healing from the coordinator's snapshot, what is noticed about a state that is not right, and who serves states. */
import { afterEach, expect, test } from 'vitest';
import { withResolvers } from '../../core/async-queue.js';
import type { StateServiceImplementation } from '../../proto/gen/prospect/v1/state.js';
import { membersOf, playStep, tellMembers } from '../support/played-run.js';
import {
  closeAll,
  digestAfter,
  joinRun,
  openCoordinator,
  pullFrom,
  relay,
  snapshotOrder,
  trainedWorker,
} from '../support/trained-workers.js';

afterEach(closeAll);

test('a worker heals from the coordinator’s snapshot, and goes on with the same bits', async () => {
  const source = await openCoordinator();
  const { session: a, played } = await trainedWorker(source, 2);
  const coordinator = await openCoordinator(relay(a.join.peerAddress));
  const b = await joinRun(coordinator, 'b');
  const { parameterDigest } = played[1]!;
  b.send('heal', snapshotOrder(parameterDigest));
  expect(await b.next('healedReport')).toMatchObject({ order: 1, step: 2, parameterDigest });
  tellMembers([b], 1);
  expect((await playStep([b], 3, 1)).parameterDigest).toBe(await digestAfter(3));
});

test.each([
  ['parameters', 0],
  ['first moments', 1],
  ['second moments', 2],
])('a flipped bit in the %s is noticed, and the worker keeps what it has', async (name, position) => {
  const { session: a, played } = await trainedWorker(await openCoordinator(), 2);
  let chunk = 0;
  const flip = (elements: Buffer) => {
    if (chunk++ === position) elements[5]! ^= 4;
  };
  const coordinator = await openCoordinator(relay(a.join.peerAddress, flip));
  const b = await joinRun(coordinator, 'b');
  b.send('heal', snapshotOrder(played[1]!.parameterDigest));
  expect((await b.next('behindReport')).reason).toContain(`the ${name} that came do not have the digest`);
  b.end();
  expect((await coordinator.session('b')).join.held).toMatchObject({ appliedStep: 0 });
});

test('a snapshot of other parameters than promised is refused', async () => {
  const { session: a } = await trainedWorker(await openCoordinator(), 2);
  const b = await joinRun(await openCoordinator(relay(a.join.peerAddress)), 'b');
  b.send('heal', snapshotOrder('0'.repeat(64)));
  expect((await b.next('behindReport')).reason).toContain('is not the one that was promised');
});

test('a newer order to heal replaces the one at work, which is never answered', async () => {
  const gate = withResolvers<void>();
  const hanging: StateServiceImplementation = {
    async *pullState() {
      await gate.promise;
      yield { message: undefined };
    },
  };
  const { session: a, played } = await trainedWorker(await openCoordinator(), 2);
  const b = await joinRun(await openCoordinator(hanging), 'b');
  const { parameterDigest } = played[1]!;
  b.send('heal', snapshotOrder(parameterDigest));
  await expect.poll(async () => (await b.next('heartbeat')).phase).toBe('healing');
  const source = { $case: 'peers' as const, value: { peers: membersOf([a]) } };
  b.send('heal', { generation: 2, step: 2, order: 2, source });
  expect(await b.next('healedReport')).toMatchObject({ generation: 2, order: 2, step: 2, parameterDigest });
  expect(b.unread()).toEqual([]);
  gate.resolve();
});

test('state is served whole, or the parameters alone, and never of a step that is not there yet', async () => {
  const { session: a, played } = await trainedWorker(await openCoordinator(), 2);
  const { peerAddress } = a.join;
  const { header, chunks } = await pullFrom(peerAddress, { step: 1, parametersOnly: true });
  expect(header).toMatchObject({ step: 2, updates: 2, parameterDigest: played[1]!.parameterDigest });
  expect(chunks.map(({ array }) => array)).toEqual([1]);
  expect((await pullFrom(peerAddress, { step: 2, parametersOnly: false })).chunks.map(({ array }) => array)).toEqual([
    1, 2, 3,
  ]);
  await expect(pullFrom(peerAddress, { step: 3, parametersOnly: false })).rejects.toThrow(
    'the state of step 3 was asked for, but this worker is at 2',
  );
});
