import { describe, expect, it } from 'vitest';
import { callHeaders, isAuthorised, isLoopback, rolesOf } from './security.js';

describe('what counts as this machine', () => {
  it.each(['localhost', '127.0.0.1', '127.8.0.1', '::1'])('%s is', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '10.0.0.5', '::ffff:10.0.0.5', 'localhost.example.com', ''])('%s is not', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});

describe('the role of a certificate', () => {
  it('is what its alternative names say', () => {
    expect(rolesOf({ subjectaltname: 'DNS:worker.prospect, IP Address:10.0.0.5' })).toEqual(['worker']);
    expect(rolesOf({ subjectaltname: 'DNS:coordinator.prospect, DNS:operator.prospect' })).toEqual([
      'coordinator',
      'operator',
    ]);
  });

  it('is not taken from names that only look like it', () => {
    expect(rolesOf({ subjectaltname: 'DNS:worker.prospect.example.com, URI:DNS:operator.prospect' })).toEqual([]);
    expect(rolesOf({})).toEqual([]);
  });
});

describe('a token', () => {
  it('is taken whole and only as a bearer token', () => {
    expect(isAuthorised(callHeaders({ token: 'secret' }).authorization, 'secret')).toBe(true);
    for (const header of [undefined, '', 'secret', 'Bearer secre', 'Bearer secret2', 'bearer secret']) {
      expect(isAuthorised(header, 'secret')).toBe(false);
    }
  });
});
