import { expect, test } from 'vitest';
import { createHeaderDecoder, encodeHeaders } from './headers.js';

const FIELDS: [string, string][] = [
  [':method', 'POST'],
  [':path', '/prospect.v1.TensorService/PullSums'],
  ['x-long', 'täglich '.repeat(500)],
  ['x-empty', ''],
];

test('headers come back as they were sent', () => {
  expect([...createHeaderDecoder()(encodeHeaders(FIELDS))]).toEqual(FIELDS);
});

/** Appendix C.4 and C.6 of RFC 7541: Huffman codes, and a table that entries are put into. */
test.each([
  [
    [
      '828684418cf1e3c2e5f23a6ba0ab90f4ff',
      { ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'www.example.com' },
    ],
    [
      '828684be5886a8eb10649cbf',
      {
        ':method': 'GET',
        ':scheme': 'http',
        ':path': '/',
        ':authority': 'www.example.com',
        'cache-control': 'no-cache',
      },
    ],
    [
      '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
      {
        ':method': 'GET',
        ':scheme': 'https',
        ':path': '/index.html',
        ':authority': 'www.example.com',
        'custom-key': 'custom-value',
      },
    ],
  ],
] as const)('the examples of the RFC are understood, in their order', (...blocks) => {
  const decode = createHeaderDecoder();
  for (const [hex, headers] of blocks) expect(Object.fromEntries(decode(Buffer.from(hex, 'hex')))).toEqual(headers);
});

test.each([
  ['ends early', '40'],
  ['has an index that does not exist', 'ff00'],
  ['has index 0', '80'],
  ['has a number without end', 'ffffffffffffff'],
  ['makes the table larger than allowed', '3fe21f'],
  ['has padding that is not the end’s code', '0081' + '00' + '00'],
])('a block that %s is refused', (_, hex) => {
  expect(() => createHeaderDecoder()(Buffer.from(hex, 'hex'))).toThrow(/does not speak HTTP\/2 as it should/);
});

test('a table does not grow beyond its limit: the oldest entries go', () => {
  const decode = createHeaderDecoder();
  const entry = (name: string) =>
    Buffer.concat([Buffer.from([0x40]), encodeHeaders([[name, 'v'.repeat(1000)]]).subarray(1)]);
  for (const name of ['a', 'b', 'c', 'd']) decode(entry(name));
  expect([...decode(Buffer.from([62 + 128])).keys()]).toEqual(['d']);
  expect([...decode(Buffer.from([64 + 128])).keys()]).toEqual(['b']);
  expect(() => decode(Buffer.from([65 + 128]))).toThrow('index 65');
});
