import { describe, expect, it } from 'vitest';
import { callHeaders, isAuthorised, rolesOf } from './security.js';

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
