import { expect, test } from 'vitest';
import { parseAddress } from './address.js';

test('an address is host:port, with an IPv6 host in brackets, or a port of the loopback address', () => {
  expect(parseAddress('0.0.0.0:9464')).toEqual({ host: '0.0.0.0', port: 9464 });
  expect(parseAddress('[::1]:9464')).toEqual({ host: '::1', port: 9464 });
  expect(parseAddress('9464')).toEqual({ host: '127.0.0.1', port: 9464 });
});

test('what is neither is none', () => {
  for (const text of ['', 'localhost', ':9464', 'host:', 'host:70000', '70000', '::1:9464', 'a b:1']) {
    expect(parseAddress(text), text).toBeUndefined();
  }
});
