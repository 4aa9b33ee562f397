import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Security } from '../../proto/transport/security.js';
import { createTensorClient } from '../../proto/transport/tensor-client.js';
import { serve, type WorkerServer } from '../../worker/tensors/serve.js';
import { type RunCertificates, runCertificates } from '../support/run-certificates.js';

const NO_STATE = { pullState: () => ({ [Symbol.asyncIterator]: () => ({ next: async () => ended }) }) };
const ended = { done: true as const, value: undefined };

let certificates: RunCertificates;
let server: WorkerServer;
let pulls: number;

beforeEach(async () => {
  certificates = await runCertificates();
  pulls = 0;
  const none = () => {
    pulls++;
    return NO_STATE.pullState();
  };
  server = await serve('127.0.0.1', { pullSums: none, pullReduced: none }, NO_STATE, certificates('worker'));
});

afterEach(() => server.close());

async function pull(security: Security): Promise<void> {
  const client = createTensorClient(server.address, security);
  try {
    const request = { generation: 1, step: 1, offset: 0, length: 8 };
    for await (const _ of client.pullSums(request, (_, bytes) => new Uint8Array(bytes), AbortSignal.timeout(5000)));
  } finally {
    client.close();
  }
}

it('a worker of the run is served', async () => {
  await pull(certificates('worker'));
  expect(pulls).toBe(1);
});

it.each<[string, () => Security | Promise<Security>, RegExp]>([
  ['without certificates', () => ({ token: 'run token' }), /closed|broke|reset/i],
  ['with certificates of another authority', async () => (await runCertificates())('worker'), /certificate|signed/i],
  ['with the certificate of an operator', () => certificates('operator'), /operator.*worker/],
  ['without a token', () => ({ tls: certificates('worker').tls }), /run token is missing/],
  ['with a wrong token', () => ({ ...certificates('worker'), token: 'other' }), /run token is a wrong one/],
])('nobody is served %s', async (_, security, reason) => {
  await expect(pull(await security())).rejects.toThrow(reason);
  expect(pulls).toBe(0);
});
