/** What a worker does when its coordinator goes away, comes back, refuses it, or when it is told to leave. */
import { afterEach, expect, test } from 'vitest';
import { ProspectError } from '../../core/errors.js';
import { linearCompute } from '../support/linear-compute.js';
import {
  commitStep,
  computeStep,
  greet,
  planOf,
  playStep,
  recordOf,
  reduceStep,
  startWorker,
  tellMembers,
  welcome,
  z0Of,
} from '../support/played-run.js';
import { portOf, type ScriptedCoordinator, scriptedCoordinator } from '../support/scripted-coordinator.js';

const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

async function coordinate(port = 0): Promise<ScriptedCoordinator> {
  const coordinator = await scriptedCoordinator(port);
  ended.push(() => coordinator.kill());
  return coordinator;
}

async function start(waitSeconds = 30) {
  const coordinator = await coordinate();
  const worker = startWorker('a', coordinator.address);
  ended.push(worker.leave);
  const { session } = await greet(coordinator, 'a', 1, waitSeconds);
  tellMembers([session], 1);
  return { coordinator, worker, session };
}

async function restart(coordinator: ScriptedCoordinator): Promise<ScriptedCoordinator> {
  coordinator.kill();
  return coordinate(portOf(coordinator));
}

async function undisturbed(steps: number): Promise<string[]> {
  const { session } = await start();
  const digests: string[] = [];
  for (let step = 1; step <= steps; step++) digests.push((await playStep([session], step, 1)).parameterDigest);
  return digests;
}

test('a coordinator that comes back finds everything that was finished, and the step goes on with the same bits', async () => {
  const [first, second] = await undisturbed(2);
  const { coordinator, session } = await start();
  const { parameterDigest, record } = await playStep([session], 1, 1);
  expect(parameterDigest).toBe(first);
  session.send('stepPlan', planOf(2, 1, [0, 1, 3]));
  session.send('referencePoint', { generation: 1, step: 2, attempt: 0, z0: z0Of(2) });
  for (let i = 0; i < 3; i++) await session.next('leafReport');

  const next = await restart(coordinator);
  const { session: again, ready } = await greet(next, 'a', 2);
  const held = {
    appliedStep: 1,
    parameterDigest: first,
    leaves: { step: 2, attempt: 0, leaves: [0, 1, 3] },
    reduced: { step: 1, digest: record.gradientDigest },
  };
  expect(again.join).toMatchObject({ runId: 'played', held, workerIncarnation: session.join.workerIncarnation });
  expect(ready.held).toEqual(held);
  tellMembers([again], 2);
  const reports = await computeStep([again], 2, 2);
  expect(reports.map(({ leaf, computeMs }) => [leaf, computeMs > 0])).toEqual([
    [0, false],
    [1, false],
    [2, true],
    [3, false],
    [4, true],
  ]);
  const reduced = await reduceStep([again], 2, 2);
  expect(await commitStep([again], recordOf(reduced, 2), 2)).toBe(second);
});

test('a commit that only the journal knew is applied with the gradient that the worker kept', async () => {
  const [digest] = await undisturbed(1);
  const { coordinator, session } = await start();
  await computeStep([session], 1, 1);
  const reduced = await reduceStep([session], 1, 1);
  const { session: again } = await greet(await restart(coordinator), 'a', 2);
  expect(again.join.held).toMatchObject({ appliedStep: 0, reduced: { step: 1, digest: reduced.digest } });
  expect(await commitStep([again], recordOf(reduced, 1), 2)).toBe(digest);
});

test('a coordinator of an older incarnation is not followed', async () => {
  const { coordinator, worker } = await start();
  const next = await restart(coordinator);
  await greet(next, 'a', 3);
  const older = await restart(next);
  const session = await older.session();
  welcome(session, 2);
  await session.closed;
  expect(session.unread()).toEqual([]);
  expect(worker.log).toContain('outdated coordinator refused');
  const { ready } = await greet(older, 'a', 3);
  expect(ready.held).toMatchObject({ appliedStep: 0 });
});

test('another run at the same address is joined from the start', async () => {
  const { coordinator, session } = await start();
  await playStep([session], 1, 1);
  const next = await restart(coordinator);
  const again = await next.session();
  expect(again.join.held).toMatchObject({ appliedStep: 1 });
  welcome(again, 1, 30, 'other');
  expect((await again.next('ready')).held).toMatchObject({ appliedStep: 0, reduced: undefined });
});

test('a worker that cannot load what it is told ends with the reason, which the coordinator hears too', async () => {
  const coordinator = await coordinate();
  const worker = startWorker('a', coordinator.address, {
    ...linearCompute(),
    load: async () => {
      throw new ProspectError('MODEL_INVALID', 'no such tensor');
    },
  });
  const session = await coordinator.session();
  welcome(session, 1);
  expect(await session.next('failure')).toEqual({ code: 'MODEL_INVALID', message: 'no such tensor' });
  session.end();
  expect(await worker.ended).toMatchObject({ code: 'MODEL_INVALID', message: 'no such tensor' });
});

test('a coordinator that stays away ends the worker after workers.waitSeconds', async () => {
  const { coordinator, worker } = await start(0.3);
  coordinator.kill();
  expect(await worker.ended).toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringMatching(/was gone for 0\.3 s \(workers\.waitSeconds\).*Start it again/),
  });
});

test('a refusal ends the worker with the coordinator’s reason, a session that is closed does not', async () => {
  const { coordinator, worker, session } = await start();
  session.end();
  const { session: second } = await greet(coordinator);
  second.end(new ProspectError('WORKER_LOST', 'no heartbeat'));
  const { session: third } = await greet(coordinator);
  third.end(new ProspectError('WORKER_MISMATCH', 'another engine'));
  expect(await worker.ended).toMatchObject({ code: 'WORKER_MISMATCH', message: 'another engine' });
});

test('the end of the run ends the worker', async () => {
  const { worker, session } = await start();
  session.send('finish', { reason: 'the run is over' });
  expect(await worker.ended).toBeUndefined();
});

test('a worker that is told to leave says so, computes nothing new, and stays for a reduction and its commit', async () => {
  const [digest] = await undisturbed(1);
  const { worker, session } = await start();
  await computeStep([session], 1, 1);
  worker.leave();
  await session.next('leaving');
  const reduced = await reduceStep([session], 1, 1);
  expect(await commitStep([session], recordOf(reduced, 1), 1)).toBe(digest);
  session.send('finish', { reason: 'the worker leaves' });
  expect(await worker.ended).toBeUndefined();
});

test('a worker that is told to leave while its coordinator is gone leaves at once', async () => {
  const { coordinator, worker } = await start();
  coordinator.kill();
  await expect.poll(() => worker.log.at(-1)).toMatch(/the coordinator is (gone|not back)/);
  worker.leave();
  expect(await worker.ended).toBeUndefined();
});

test('heartbeats tell what the worker is at', async () => {
  const { session } = await start();
  expect(await session.next('heartbeat')).toMatchObject({ phase: 'idle' });
  session.send('stepPlan', planOf(1, 1, [0, 1, 2, 3, 4], []));
  session.send('referencePoint', { generation: 1, step: 1, attempt: 0, z0: z0Of(1) });
  for (let i = 0; i < 5; i++) await session.next('leafReport');
  const before = await session.next('heartbeat');
  expect(before).toMatchObject({ phase: 'idle', step: 1 });
  await reduceStep([session], 1, 1);
  const { progress } = await session.next('heartbeat');
  expect(progress).toBeGreaterThan(before.progress);
});
