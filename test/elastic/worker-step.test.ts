/** A worker's part in a step, played to real workers over real gRPC. */
import { afterEach, expect, test } from 'vitest';
import { withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import { linearCompute } from '../support/linear-compute.js';
import {
  commitStep,
  computeStep,
  greet,
  membersOf,
  orderReduction,
  planOf,
  playStep,
  recordOf,
  reduceStep,
  startWorker,
  tellMembers,
  z0Of,
} from '../support/played-run.js';
import { type ScriptedCoordinator, scriptedCoordinator } from '../support/scripted-coordinator.js';

const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

async function coordinatorWith(ids: readonly string[], computes = ids.map(() => linearCompute())) {
  const coordinator: ScriptedCoordinator = await scriptedCoordinator();
  ended.push(() => coordinator.kill());
  const workers = ids.map((id, i) => startWorker(id, coordinator.address, computes[i]));
  for (const { leave } of workers) ended.push(leave);
  const greeted = await Promise.all(ids.map((id) => greet(coordinator, id)));
  return {
    coordinator,
    workers,
    sessions: greeted.map(({ session }) => session),
    readies: greeted.map((g) => g.ready),
  };
}

/** Parameters after each of the first steps. */
async function digestsOf(workers: number, steps: number): Promise<string[]> {
  const { sessions } = await coordinatorWith(Array.from({ length: workers }, (_, i) => `w${i}`));
  tellMembers(sessions, 1);
  const digests: string[] = [];
  for (let step = 1; step <= steps; step++) digests.push((await playStep(sessions, step, 1)).parameterDigest);
  return digests;
}

test('steps give the same parameters on 1, 2 and 3 workers', async () => {
  const alone = await digestsOf(1, 3);
  expect(new Set(alone).size).toBe(3);
  expect(await digestsOf(2, 3)).toEqual(alone);
  expect(await digestsOf(3, 3)).toEqual(alone);
});

test('every finished leaf is reported by itself, with its digest where the plan asks for it', async () => {
  const { sessions, readies } = await coordinatorWith(['a']);
  const [session] = sessions;
  expect(readies[0]!.held).toMatchObject({ appliedStep: 0, leaves: undefined, reduced: undefined });
  tellMembers(sessions, 1);
  session!.send('stepPlan', { ...planOf(1, 1), audited: [3] });
  expect(await session!.next('mismatchedReport')).toMatchObject({ generation: 1, step: 1, attempt: 0, microbatch: 0 });
  expect(await session!.next('mismatchedReport')).toMatchObject({ microbatch: 1 });
  session!.send('referencePoint', { generation: 1, step: 1, attempt: 0, z0: z0Of(1) });
  const reports = [];
  for (let i = 0; i < 5; i++) reports.push(await session!.next('leafReport'));
  expect(reports.map(({ leaf }) => leaf)).toEqual([0, 1, 2, 3, 4]);
  expect(reports.map(({ digest }) => digest.length)).toEqual([0, 0, 0, 64, 0]);
  expect(reports.every(({ computeMs, z0, scores }) => computeMs > 0 && z0 === z0Of(1) && scores.length === 2)).toBe(
    true,
  );
});

test('what is finished is reported again from memory, and leaves that are to be discarded are computed again', async () => {
  const { sessions } = await coordinatorWith(['a']);
  const [session] = sessions;
  const [expected] = await digestsOf(1, 1);
  tellMembers(sessions, 1);
  session!.send('stepPlan', planOf(1, 1, [0, 1, 4]));
  session!.send('referencePoint', { generation: 1, step: 1, attempt: 0, z0: z0Of(1) });
  for (let i = 0; i < 3; i++) await session!.next('leafReport');

  session!.send('stepPlan', { ...planOf(1, 2, [1, 2, 3, 4]), discarded: [1] });
  session!.send('referencePoint', { generation: 2, step: 1, attempt: 0, z0: z0Of(1) });
  const computed: number[] = [];
  for (let i = 0; i < 5; i++) {
    const { leaf, computeMs } = await session!.next('leafReport');
    if (computeMs > 0) computed.push(leaf);
  }
  // Leaf 0 was summed with the one that goes; leaf 4 is a subtree of its own.
  expect(computed).toEqual([1, 2, 3, 0]);
  tellMembers(sessions, 3);
  const reduced = await reduceStep(sessions, 1, 3);
  expect(await commitStep(sessions, recordOf(reduced, 1), 3)).toBe(expected);
});

test('a newer plan replaces the one at work at the next microbatch', async () => {
  const original = linearCompute();
  const begun: number[] = [];
  const gate = withResolvers<void>();
  const compute = linearCompute({
    ...original,
    gradient: async (request) => {
      begun.push(request.leaf.sequences[0]!.row);
      if (begun.length === 1) await gate.promise;
      return original.gradient(request);
    },
  });
  const { sessions } = await coordinatorWith(['a'], [compute]);
  const [session] = sessions;
  tellMembers(sessions, 1);
  session!.send('stepPlan', planOf(1, 1, [0, 1, 2], []));
  session!.send('referencePoint', { generation: 1, step: 1, attempt: 0, z0: z0Of(1) });
  await expect.poll(() => begun.length).toBe(1);
  session!.send('stepPlan', planOf(1, 2, [4], []));
  session!.send('referencePoint', { generation: 2, step: 1, attempt: 0, z0: z0Of(1) });
  // Stale: it must not bring the first plan back.
  session!.send('stepPlan', planOf(1, 1, [2, 3], []));
  session!.send('scorePlan', {
    generation: 2,
    task: 1,
    microbatches: [planOf(9, 2).matched[0]!],
    policy: true,
    reference: true,
  });
  await session!.next('heartbeat');
  gate.resolve();
  expect(await session!.next('leafReport')).toMatchObject({ leaf: 0, generation: 2 });
  expect(await session!.next('leafReport')).toMatchObject({ leaf: 4, generation: 2 });
  await session!.next('scoreReport');
  expect(begun).toEqual([100, 108]);
});

test('a lost member: survivors keep their leaves, compute the lost ones, and get the same bits', async () => {
  const [expected] = await digestsOf(1, 1);
  const { coordinator, sessions, workers } = await coordinatorWith(['a', 'b', 'c']);
  const [a, b, c] = sessions;
  tellMembers(sessions, 1);
  await computeStep(sessions, 1, 1);
  orderReduction([a!, b!], 1, 1, [[0], [1, 2], [3, 4]]);
  c!.end(new ProspectError('WORKER_LOST', 'no heartbeat'));
  const left = [a!, b!];
  tellMembers(left, 2);
  a!.send('stepPlan', planOf(1, 2, [3], []));
  b!.send('stepPlan', planOf(1, 2, [4], []));
  for (const session of left) session.send('referencePoint', { generation: 2, step: 1, attempt: 0, z0: z0Of(1) });
  expect(await Promise.all(left.map((session) => session.next('leafReport')))).toMatchObject([
    { leaf: 3 },
    { leaf: 4 },
  ]);
  const reduced = await reduceStep(left, 1, 2, [
    [0, 3],
    [1, 2, 4],
  ]);
  expect(await commitStep(left, recordOf(reduced, 1), 2)).toBe(expected);
  expect(await (await coordinator.session('c')).join).toMatchObject({ workerId: 'c', held: { appliedStep: 0 } });
  expect(workers[2]!.log).toContain('the coordinator is gone; all that is finished is kept until it is back');
});

test('leaves that another member contributes are left out, and what was summed with them is computed again', async () => {
  const [expected] = await digestsOf(1, 1);
  const { sessions } = await coordinatorWith(['a', 'b']);
  const [a, b] = sessions;
  tellMembers(sessions, 1);
  for (const [session, leaves] of [
    [a!, [0, 1, 2]],
    [b!, [1, 3, 4]],
  ] as const) {
    session.send('stepPlan', planOf(1, 1, [...leaves], []));
    session.send('referencePoint', { generation: 1, step: 1, attempt: 0, z0: z0Of(1) });
    for (const _ of leaves) await session.next('leafReport');
  }
  const reduced = await reduceStep(sessions, 1, 1, [
    [0, 2],
    [1, 3, 4],
  ]);
  expect(await commitStep(sessions, recordOf(reduced, 1), 1)).toBe(expected);
});

test('a peer that cannot be pulled from is reported, and the worker waits for the verdict', async () => {
  const { sessions } = await coordinatorWith(['a']);
  const [session] = sessions;
  const nobody = { rank: 1, workerId: 'gone', peerAddress: '127.0.0.1:1', session: 7 };
  session!.send('membership', { generation: 1, members: [...membersOf(sessions), nobody] });
  session!.send('stepPlan', planOf(1, 1, [0, 1, 2, 3, 4], []));
  session!.send('referencePoint', { generation: 1, step: 1, attempt: 0, z0: z0Of(1) });
  for (let i = 0; i < 5; i++) await session!.next('leafReport');
  orderReduction([session!], 1, 1, [
    [0, 1, 2],
    [3, 4],
  ]);
  expect(await session!.next('peerTrouble')).toEqual({ generation: 1, peerSession: 7 });
  tellMembers(sessions, 2);
  expect(await reduceStep(sessions, 1, 2)).toMatchObject({ generation: 2, step: 1 });
});

test('a commit is applied once, and a digest that was not reduced here is not applied', async () => {
  const { sessions } = await coordinatorWith(['a']);
  const [session] = sessions;
  tellMembers(sessions, 1);
  const { record, parameterDigest } = await playStep(sessions, 1, 1);
  expect(await commitStep(sessions, record, 1)).toBe(parameterDigest);
  session!.send('commit', { generation: 1, record: { ...record, step: 2 } });
  expect((await session!.next('behindReport')).reason).toMatch(/not the one that this worker reduced/);
});

test('a skipped step counts, but not as an update: the next one gives the bits of a run without it', async () => {
  const skipped = { ...recordOf({ digest: '', norm: Number.NaN }, 2), skipped: true };
  const { sessions } = await coordinatorWith(['a', 'b']);
  tellMembers(sessions, 1);
  const { parameterDigest } = await playStep(sessions, 1, 1);
  expect(await commitStep(sessions, skipped, 1)).toBe(parameterDigest);
  await computeStep(sessions, 3, 1);
  const reduced = await reduceStep(sessions, 3, 1);
  const digest = await commitStep(sessions, recordOf(reduced, 3), 1);

  const { sessions: others } = await coordinatorWith(['a']);
  tellMembers(others, 1);
  await playStep(others, 1, 1);
  await commitStep(others, skipped, 1);
  await computeStep(others, 3, 1);
  expect(await commitStep(others, recordOf(await reduceStep(others, 3, 1), 3), 1)).toBe(digest);
});

test('a leaf that one worker computes wrong has another digest than the same leaf elsewhere', async () => {
  const sound = linearCompute();
  const broken = linearCompute({
    gradient: async (request) => {
      const scores = await sound.gradient(request);
      new Uint8Array(request.into)[40]! ^= 1;
      return scores;
    },
  });
  const { sessions } = await coordinatorWith(['a', 'b', 'c'], [sound, broken, linearCompute()]);
  tellMembers(sessions, 1);
  for (const session of sessions) {
    session.send('stepPlan', { ...planOf(1, 1, [2], []), audited: [2] });
    session.send('referencePoint', { generation: 1, step: 1, attempt: 0, z0: z0Of(1) });
  }
  const [a, b, c] = await Promise.all(sessions.map((session) => session.next('leafReport')));
  expect(c!.digest).toBe(a!.digest);
  expect(b!.digest).not.toBe(a!.digest);
});
