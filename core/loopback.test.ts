import { describe, expect, it } from 'vitest';
import { isLoopback } from './loopback.js';

describe('what counts as this machine', () => {
  it.each(['localhost', '127.0.0.1', '127.8.0.1', '::1'])('%s is', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '10.0.0.5', '::ffff:10.0.0.5', '127.example.org', 'localhost.example.com', ''])(
    '%s is not',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
