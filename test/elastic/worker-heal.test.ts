/** How workers come by the state of a run: from peers, by watching them, or by starting over. */
import { afterEach, expect, test } from 'vitest';
import { withResolvers } from '../../core/async-queue.js';
import type { Heartbeat } from '../../proto/gen/prospect/v1/coordinator.js';
import { linearCompute } from '../support/linear-compute.js';
import { commitStep, membersOf, planOf, playStep, recordOf, tellMembers } from '../support/played-run.js';
import type { ScriptedSession } from '../support/scripted-coordinator.js';
import { closeAll, digestAfter, joinRun, NOBODY, openCoordinator, trainedWorker } from '../support/trained-workers.js';

afterEach(closeAll);

test('a worker heals from a peer that goes on training, follows by watching, and takes part with the same bits', async () => {
  const gate = withResolvers<void>();
  const original = linearCompute();
  const slow = {
    ...original,
    digest: async (values: SharedArrayBuffer) => {
      await gate.promise;
      return original.digest(values);
    },
  };
  const coordinator = await openCoordinator();
  const { session: a, played } = await trainedWorker(coordinator, 2, slow);
  const b = await joinRun(coordinator, 'b');
  const peers = { peers: [NOBODY, ...membersOf([a])] };
  b.send('heal', { generation: 1, step: 2, order: 4, source: { $case: 'peers', value: peers } });
  // The copy is made; the peer does two more steps before it is sent.
  let progress = await progressOf(b, ({ phase }) => phase === 'healing');
  for (const step of [3, 4]) {
    played.push(await playStep([a], step, 1));
    const { record } = played.at(-1)!;
    b.send('observe', { generation: 1, members: membersOf([a]), record });
    // The peer has this gradient for one step; it is there when the worker shows progress.
    const before = progress;
    progress = await progressOf(b, (beat) => beat.progress > before);
  }
  gate.resolve();
  expect(await b.next('healedReport')).toMatchObject({
    order: 4,
    step: 2,
    parameterDigest: played[1]!.parameterDigest,
  });
  // The peer has no gradient of step 3 any more, but it was pulled in time.
  for (const step of [3, 4]) {
    expect(await b.next('appliedReport')).toMatchObject({ step, parameterDigest: played[step - 1]!.parameterDigest });
  }
  const { record, parameterDigest } = await playStep([a], 5, 1);
  b.send('observe', { generation: 1, members: [NOBODY, ...membersOf([a])], record });
  expect(await b.next('appliedReport')).toEqual({ generation: 1, step: 5, parameterDigest });
  tellMembers([a, b], 2);
  const together = await playStep([a, b], 6, 2);
  expect(together.parameterDigest).toBe(await digestAfter(6));
});

/** Of the first heartbeat that is as wanted. */
async function progressOf(session: ScriptedSession, isWanted: (beat: Heartbeat) => boolean): Promise<number> {
  for (;;) {
    const beat = await session.next('heartbeat');
    if (isWanted(beat)) return beat.progress;
  }
}

test('what was committed while a worker healed is applied after it', async () => {
  const coordinator = await openCoordinator();
  const { session: a, played } = await trainedWorker(coordinator, 1);
  const b = await joinRun(coordinator, 'b');
  const members = membersOf([a]);
  const { record } = await playStep([a], 2, 1);
  b.send('heal', { generation: 1, step: 1, order: 1, source: { $case: 'peers', value: { peers: members } } });
  b.send('observe', { generation: 1, members, record });
  // The peer gives its newest state, which has the observed step already.
  expect(await b.next('healedReport')).toMatchObject({ order: 1, step: 2 });
  expect(await b.next('appliedReport')).toMatchObject({ step: 2 });
  expect(played).toHaveLength(1);
});

test('a worker starts over from the base model, and makes the same steps again', async () => {
  const { session, played } = await trainedWorker(await openCoordinator(), 2);
  session.send('heal', { generation: 2, step: 0, order: 1, source: { $case: 'base', value: {} } });
  expect(await session.next('healedReport')).toMatchObject({ order: 1, step: 0 });
  tellMembers([session], 3);
  expect(await playStep([session], 1, 3)).toEqual(played[0]);
});

test('leaves from before a worker healed are forgotten', async () => {
  const coordinator = await openCoordinator();
  const [a, b] = [await joinRun(coordinator, 'a'), await joinRun(coordinator, 'b')];
  tellMembers([a], 1);
  a.send('stepPlan', planOf(1, 1, [0, 1], []));
  a.send('referencePoint', { generation: 1, step: 1, attempt: 0, z0: 0.9 });
  for (let i = 0; i < 2; i++) await a.next('leafReport');
  a.send('heal', { generation: 2, step: 0, order: 1, source: { $case: 'base', value: {} } });
  await a.next('healedReport');
  tellMembers([b, a], 3);
  expect((await playStep([b, a], 1, 3)).parameterDigest).toBe(await digestAfter(1));
});

test('a worker that is further behind than one step, or finds nobody to pull from, says so', async () => {
  const { session: a, played } = await trainedWorker(await openCoordinator(), 2);
  const b = await joinRun(await openCoordinator(), 'b');
  b.send('observe', { generation: 1, members: membersOf([a]), record: played[1]!.record });
  expect((await b.next('behindReport')).reason).toBe('step 2 is committed, but this worker is at 0');
  b.send('observe', { generation: 1, members: [NOBODY], record: played[0]!.record });
  expect((await b.next('behindReport')).reason).toContain('could not pull gradients from gone');
});

test('an observed gradient of another digest than the committed one is not applied', async () => {
  const { session: a, played } = await trainedWorker(await openCoordinator(), 1);
  const b = await joinRun(await openCoordinator(), 'b');
  const record = { ...played[0]!.record, gradientDigest: 'f'.repeat(64) };
  b.send('observe', { generation: 1, members: membersOf([a]), record });
  expect((await b.next('behindReport')).reason).toContain('is not the committed one');
  b.send('observe', { generation: 1, members: membersOf([a]), record: played[0]!.record });
  expect(await b.next('appliedReport')).toMatchObject({ parameterDigest: played[0]!.parameterDigest });
});

test('skipped steps do not count as updates of a healed worker either', async () => {
  const coordinator = await openCoordinator();
  const { session: a } = await trainedWorker(coordinator, 1);
  const skipped = { ...recordOf({ digest: '', norm: Number.NaN }, 2), skipped: true };
  await commitStep([a], skipped, 1);
  const b = await joinRun(coordinator, 'b');
  const source = { $case: 'peers' as const, value: { peers: membersOf([a]) } };
  b.send('heal', { generation: 1, step: 2, order: 1, source });
  await b.next('healedReport');
  tellMembers([a, b], 2);
  // It throws unless both have the same parameters after it.
  await playStep([a, b], 3, 2);
});
