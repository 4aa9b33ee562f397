import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Security } from '../../proto/transport/security.js';
import { type ProtocolRun, protocolRun, type StartedProtocolRun } from '../support/protocol-run.js';
import { type RunCertificates, runCertificates } from '../support/run-certificates.js';

let certificates: RunCertificates;

beforeAll(async () => {
  certificates = await runCertificates();
});

async function trained(security: Security | undefined, workerSecurity: Security): Promise<ProtocolRun> {
  const started = await protocolRun({ wanted: 2, ...(security && { security }) });
  const ends = [0, 1].map((i) => started.join({ id: `worker-${i}`, security: workerSecurity }));
  const run = await started.run;
  expect(await Promise.all(ends)).toEqual([undefined, undefined]);
  return run;
}

it('two workers with certificates and token train to the same bits as without', async () => {
  const open = await trained(undefined, {});
  const closed = await trained(certificates('coordinator'), certificates('worker'));
  expect(closed.saved.sha256).toBe(open.saved.sha256);
});

describe('a run with certificates goes on alone when somebody comes', () => {
  let started: StartedProtocolRun;
  const messages: string[] = [];

  beforeAll(async () => {
    const onLog = (message: string) => messages.push(message);
    started = await protocolRun({ wanted: 1, security: certificates('coordinator'), onLog });
  });

  afterAll(async () => {
    const end = started.join({ id: 'the right one', security: certificates('worker') });
    const { steps } = await started.run;
    expect(await end).toBeUndefined();
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(messages.filter((message) => /intruder/.test(message))).toEqual([]);
  });

  const intruders: [string, () => Security | Promise<Security>, RegExp][] = [
    ['without certificates', () => ({}), /cannot reach the coordinator/],
    ['without certificates, but with the token', () => ({ token: 'run token' }), /cannot reach the coordinator/],
    ['with certificates of another authority', async () => (await runCertificates())('worker'), /cannot reach/],
    ['with the certificate of an operator', () => certificates('operator'), /certificate.*operator.*worker/],
    ['without a token', () => ({ tls: certificates('worker').tls }), /token/],
    ['with a wrong token', () => ({ ...certificates('worker'), token: 'run tokem' }), /token/],
  ];

  it.each(intruders)('%s', async (_, security, reason) => {
    const end = await started.join({ id: 'intruder', security: await security(), connectDeadlineMs: 500 });
    expect(String(end)).toMatch(reason);
  });
});

it('a worker does not join a coordinator that shows a worker’s certificate', async () => {
  const started = await protocolRun({ wanted: 1, security: certificates('worker') });
  const end = await started.join({ id: 'worker-0', security: certificates('worker'), connectDeadlineMs: 500 });
  expect(String(end)).toMatch(/cannot reach the coordinator/);
  started.fail(new Error('enough'));
  await expect(started.run).rejects.toThrow('enough');
});
