import { describe, expect, it } from 'vitest';
import { codeOfGrpcStatus, ERROR_TABLE, exitCodeOf, ProspectError, toProspectError } from './errors.js';

describe('the error table', () => {
  it('is what scripts and manifests rely on', () => {
    const exitCodes = Object.fromEntries(Object.entries(ERROR_TABLE).map(([code, { exitCode }]) => [code, exitCode]));
    expect(exitCodes).toEqual({
      INTERNAL: 1,
      CONFIG_INVALID: 2,
      ACCESS_DENIED: 2,
      DATA_INVALID: 3,
      MODEL_INVALID: 4,
      ENGINE_UNAVAILABLE: 5,
      ADDRESS_IN_USE: 6,
      UNREACHABLE: 6,
      WORKER_LOST: 7,
      WORKER_MISMATCH: 7,
      PROTOCOL: 7,
      STORAGE: 8,
      NON_FINITE: 9,
      LEASE_LOST: 10,
      INTERRUPTED: 130,
    });
  });

  it('takes what nobody foresaw for an internal error', () => {
    expect(exitCodeOf(new TypeError('x is not a function'))).toBe(1);
    expect(toProspectError('text').message).toBe('text');
  });

  it('says which errors are worth another try', () => {
    expect(new ProspectError('UNREACHABLE', 'no answer').retryable).toBe(true);
    expect(new ProspectError('CONFIG_INVALID', 'beta: is 0').retryable).toBe(false);
  });

  it('turns a gRPC status back into a code', () => {
    expect(codeOfGrpcStatus(14)).toBe('UNREACHABLE');
    expect(codeOfGrpcStatus(99)).toBe('INTERNAL');
  });
});
