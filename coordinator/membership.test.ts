import { beforeEach, expect, test, vi } from 'vitest';
import { ProspectError } from '../core/errors.js';
import { VERSION } from '../core/version.js';
import type { Ready } from '../proto/gen/prospect/v1/coordinator.js';
import { LINEAR_ENGINE } from '../test/support/linear-compute.js';
import { createMembership, type Membership } from './membership.js';
import type { WorkerLink } from './worker-link.js';

const READY: Ready = {
  engine: LINEAR_ENGINE,
  parameterDigest: 'abc',
  modelDigest: 'base',
  parameters: [{ name: 'w', shape: [2], decayed: true }],
};
const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn() };

let membership: Membership;

function newMembership(engineMismatch: 'refuse' | 'warn' = 'refuse'): Membership {
  return createMembership({ runId: 'run', workers: 2, configJson: '{}', engineMismatch, log });
}

function join(workerId: string, version = VERSION): WorkerLink {
  return membership.admit({ workerId, peerAddress: `host:${workerId}`, version });
}

function becomeReady(link: WorkerLink, changes: Partial<Ready> = {}): void {
  membership.receive(link, { $case: 'ready', value: { ...READY, ...changes } });
}

beforeEach(() => {
  vi.clearAllMocks();
  membership = newMembership();
});

test('a run begins when all workers are ready, with ranks by worker id', async () => {
  const [b, a] = [join('b'), join('a')];
  becomeReady(b);
  expect(membership.isAssembled()).toBe(false);
  becomeReady(a);
  const team = await membership.assembled();
  expect(team.links.map((link) => link.workerId)).toEqual(['a', 'b']);
});

test('another version is refused by name, and the run goes on waiting', async () => {
  expect(() => join('old', '0.0.1')).toThrow(
    expect.objectContaining({ code: 'WORKER_MISMATCH', message: expect.stringContaining('version: 0.0.1') }),
  );
  becomeReady(join('a'));
  becomeReady(join('b'));
  await membership.assembled();
});

test('a second worker of the same name, and one more than wanted, are refused', () => {
  join('a');
  expect(() => join('a')).toThrow(/named a takes part already/);
  join('b');
  expect(() => join('c')).toThrow(/has its 2 workers already/);
});

test('a worker with another engine is refused with the fields that differ, and its place is free again', async () => {
  becomeReady(join('a'));
  const other = join('b');
  becomeReady(other, { engine: { ...LINEAR_ENGINE, processor: 'another' } });
  await other.outbox.next().catch(() => undefined);
  await expect(other.outbox.next()).rejects.toMatchObject({
    code: 'WORKER_MISMATCH',
    message: expect.stringContaining('processor: another instead of any'),
  });
  becomeReady(join('c'));
  expect((await membership.assembled()).links.map((link) => link.workerId)).toEqual(['a', 'c']);
});

test('with engineMismatch: warn another engine is told and taken, but other weights are not', () => {
  membership = newMembership('warn');
  becomeReady(join('a'));
  const other = join('b');
  becomeReady(other, { parameterDigest: 'def' });
  expect(membership.isAssembled()).toBe(false);
  becomeReady(join('c'), { engine: { ...LINEAR_ENGINE, processor: 'another' } });
  expect(membership.isAssembled()).toBe(true);
  const differs = ['processor: another instead of any'];
  expect(log.warn).toHaveBeenCalledWith({ worker: 'c', differs }, expect.any(String));
});

test('a worker that leaves before the run begins is replaced', () => {
  const early = join('a');
  becomeReady(early);
  membership.left(early);
  becomeReady(join('b'));
  becomeReady(join('c'));
  expect(membership.isAssembled()).toBe(true);
});

test('a worker that is lost in the run ends every wait, names itself and the phase', async () => {
  const [a, b] = [join('a'), join('b')];
  becomeReady(a);
  becomeReady(b);
  const team = await membership.assembled();
  team.phase = 'the gradients of step 3';
  const collected = team.collect('gradientReport', { step: 3 });
  membership.left(b);
  await expect(collected).rejects.toMatchObject({
    code: 'WORKER_LOST',
    message: expect.stringMatching(/worker b \(host:b\) was lost in the gradients of step 3/),
  });
  await expect(team.collect('gradientReport', { step: 3 })).rejects.toMatchObject({ code: 'WORKER_LOST' });
});

test('a wait for a worker that answered already still ends when another is lost', async () => {
  const [a, b] = [join('a'), join('b')];
  becomeReady(a);
  becomeReady(b);
  const team = await membership.assembled();
  const collected = team.collect('appliedReport', { step: 1 });
  membership.receive(a, { $case: 'appliedReport', value: { generation: 1, step: 1 } });
  membership.left(b);
  await expect(collected).rejects.toMatchObject({ code: 'WORKER_LOST' });
});

test.each([
  ['generation', { generation: 2, step: 5 }],
  ['step', { generation: 1, step: 4 }],
])('a report of another %s is refused', async (_, value) => {
  const [a, b] = [join('a'), join('b')];
  becomeReady(a);
  becomeReady(b);
  const team = await membership.assembled();
  membership.receive(a, { $case: 'appliedReport', value });
  await expect(team.collect('appliedReport', { step: 5 })).rejects.toMatchObject({
    code: 'PROTOCOL',
    message: expect.stringMatching(/worker a .* where appliedReport of generation 1, step 5 was due/),
  });
});

test('a worker’s failure ends the run with its own code', async () => {
  const link = join('a');
  membership.receive(link, { $case: 'failure', value: { code: 'MODEL_INVALID', message: 'no such tensor' } });
  await expect(membership.assembled()).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    message: 'worker a (host:a): no such tensor',
  });
});

test('after the end nobody is admitted, and is told why', () => {
  membership.fail(new ProspectError('INTERRUPTED', 'ended by SIGINT'));
  expect(() => join('a')).toThrow(/the coordinator ended the run: ended by SIGINT/);
});
