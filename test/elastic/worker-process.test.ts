/** Workers as processes, with a real engine: signals, and faults on order. */
import { afterEach, expect, test } from 'vitest';
import { greet, membersOf, planOf, playStep, tellMembers, z0Of } from '../support/played-run.js';
import { type Started, start } from '../support/processes.js';
import {
  portOf,
  type ScriptedCoordinator,
  type ScriptedSession,
  scriptedCoordinator,
} from '../support/scripted-coordinator.js';

const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

async function coordinate(port = 0): Promise<ScriptedCoordinator> {
  const coordinator = await scriptedCoordinator(port);
  ended.push(() => coordinator.kill());
  return coordinator;
}

function startWorker({ address }: ScriptedCoordinator, id: string, fault = ''): Started {
  const started = start(['worker', '--coordinator', address, '--id', id], { PROSPECT_TEST_FAULT: fault });
  ended.push(() => started.child.kill('SIGKILL'));
  return started;
}

function computeLeaves(session: ScriptedSession, leaves: number[]): void {
  session.send('stepPlan', { ...planOf(1, 1, leaves, []), audited: leaves });
  session.send('referencePoint', { generation: 1, step: 1, attempt: 0, z0: z0Of(1) });
}

test('SIGTERM: the worker says that it leaves, and ends with exit code 130 when it is let go', async () => {
  const coordinator = await coordinate();
  const worker = startWorker(coordinator, 'a');
  const { session } = await greet(coordinator);
  tellMembers([session], 1);
  await playStep([session], 1, 1);
  worker.child.kill('SIGTERM');
  await session.next('leaving');
  session.send('finish', { reason: 'the worker leaves' });
  expect(await worker.ended()).toBe(130);
});

test('a second SIGTERM ends the worker at once', async () => {
  const coordinator = await coordinate();
  const worker = startWorker(coordinator, 'a');
  const { session } = await greet(coordinator);
  worker.child.kill('SIGTERM');
  await session.next('leaving');
  worker.child.kill('SIGTERM');
  expect(await worker.ended()).toBe(130);
});

test('a killed coordinator does not end its workers: they are there when it is back', async () => {
  const coordinator = await coordinate();
  const worker = startWorker(coordinator, 'a');
  const { session } = await greet(coordinator);
  tellMembers([session], 1);
  const { parameterDigest } = await playStep([session], 1, 1);
  coordinator.kill();
  await worker.written(/the coordinator is gone/);
  const { session: again } = await greet(await coordinate(portOf(coordinator)), 'a', 2);
  expect(again.join.held).toMatchObject({ appliedStep: 1, parameterDigest });
  again.send('finish', { reason: 'the run is over' });
  expect(await worker.ended()).toBe(0);
});

test('a real model heals from a peer and gives the same bits as before', async () => {
  const coordinator = await coordinate();
  startWorker(coordinator, 'a');
  startWorker(coordinator, 'b');
  const [{ session: a }, { session: b }] = await Promise.all([greet(coordinator, 'a'), greet(coordinator, 'b')]);
  tellMembers([a], 1);
  await playStep([a], 1, 1);
  const { parameterDigest } = await playStep([a], 2, 1);
  const source = { $case: 'peers' as const, value: { peers: membersOf([a]) } };
  b.send('heal', { generation: 1, step: 2, order: 1, source });
  expect(await b.next('healedReport')).toMatchObject({ step: 2, parameterDigest });
  tellMembers([a, b], 2);
  // It throws unless both have the same gradient and the same parameters.
  await playStep([a, b], 3, 2);
});

test('faults on order: a worker kills itself after a leaf, before it reports it', async () => {
  const coordinator = await coordinate();
  const worker = startWorker(coordinator, 'a', 'kill@leaf:1');
  const { session } = await greet(coordinator);
  tellMembers([session], 1);
  computeLeaves(session, [0, 1]);
  expect(await worker.ended()).toBe('SIGKILL');
  await session.closed;
  expect(session.unread()).toEqual([]);
});

test('faults on order: one bit of one leaf is wrong, which its digest shows', async () => {
  const coordinator = await coordinate();
  startWorker(coordinator, 'a', 'corrupt@leaf:1');
  startWorker(coordinator, 'b');
  const greeted = await Promise.all([greet(coordinator, 'a'), greet(coordinator, 'b')]);
  const sessions = greeted.map(({ session }) => session);
  tellMembers(sessions, 1);
  for (const session of sessions) computeLeaves(session, [0, 1]);
  const digestsOf = async (session: ScriptedSession) =>
    [await session.next('leafReport'), await session.next('leafReport')].map(({ digest }) => digest);
  const [[wrong, right], [first, second]] = (await Promise.all(sessions.map(digestsOf))) as [string[], string[]];
  expect(wrong).not.toBe(first);
  expect(right).toBe(second);
});

test('a fault that nobody knows is refused before anything begins', async () => {
  const coordinator = await coordinate();
  const worker = startWorker(coordinator, 'a', 'kill@lunch:1');
  expect(await worker.ended()).not.toBe(0);
  expect(worker.stderr()).toContain('"kill@lunch:1" is no fault');
});
