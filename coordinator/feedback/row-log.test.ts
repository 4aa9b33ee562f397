import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NO_RIVAL } from '../../test/support/no-rival.js';
import { type NewRow, openRowLog } from './row-log.js';
import { rowLogPaths } from './row-log-paths.js';
import { RECORD_BYTES } from './row-record.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-rows-'));
});
afterEach(() => rm(folder, { recursive: true }));

function row(sequence: number, part = 0, parts = 1): NewRow {
  return {
    kind: 'row',
    generation: 0,
    sequence,
    part,
    parts,
    desirable: sequence % 2 === 0,
    heldOut: false,
    timeNs: 1_700_000_000_123_456_789n + BigInt(sequence),
    promptKey: 2n ** 64n - BigInt(sequence),
    keyHash: 7n,
    tokens: { prompt: Uint32Array.of(sequence, 2), completion: Uint32Array.of(3, 4, sequence) },
  };
}

async function written(rows: readonly NewRow[]) {
  const log = await openRowLog(folder, NO_RIVAL);
  await log.append(rows);
  await log.close();
}

async function sequences(): Promise<number[]> {
  const log = await openRowLog(folder, NO_RIVAL);
  const found = Array.from({ length: log.size() }, (_, i) => log.record(i).sequence);
  await log.close();
  return found;
}

describe('a row log', () => {
  test('has after it was opened again what was appended, token for token', async () => {
    await written([row(5), row(6)]);
    await written([row(8)]);
    const log = await openRowLog(folder, NO_RIVAL);
    expect(log.size()).toBe(3);
    for (const [i, { tokens, ...facts }] of [row(5), row(6), row(8)].entries()) {
      expect(log.record(i)).toMatchObject(facts);
      expect(log.tokens(i)).toEqual(tokens);
    }
    await log.close();
  });

  test('gives appended rows their numbers in the order of the calls', async () => {
    const log = await openRowLog(folder, NO_RIVAL);
    expect(await Promise.all([log.append([row(1), row(2)]), log.append([row(3)]), log.append([row(4)])])).toEqual([
      0, 2, 3,
    ]);
    expect(log.tokens(3)).toEqual(row(4).tokens);
    await log.close();
  });

  test.each([1, RECORD_BYTES - 1, RECORD_BYTES, RECORD_BYTES + 7])(
    'loses what a crash left unfinished when its end lacks %i bytes, and goes on behind the rest',
    async (bytes) => {
      await written([row(1), row(2), row(3)]);
      const { rows, tokens } = rowLogPaths(folder);
      await truncate(rows, 3 * RECORD_BYTES - bytes);
      const left = bytes > RECORD_BYTES ? [1] : [1, 2];
      expect(await sequences()).toEqual(left);
      expect((await stat(tokens)).size).toBe(left.length * 20);
      await written([row(9)]);
      expect(await sequences()).toEqual([...left, 9]);
    },
  );

  test('takes the rows of a pair together or not at all', async () => {
    await written([row(1), row(2, 0, 2), row(2, 1, 2)]);
    await truncate(rowLogPaths(folder).rows, 2 * RECORD_BYTES);
    expect(await sequences()).toEqual([1]);
  });

  test('cuts off tokens whose record never came, and zeros that a power failure left', async () => {
    await written([row(1)]);
    const { rows, tokens } = rowLogPaths(folder);
    await appendFile(tokens, Buffer.alloc(40, 1));
    await appendFile(rows, Buffer.alloc(2 * RECORD_BYTES));
    expect(await sequences()).toEqual([1]);
    expect((await stat(tokens)).size).toBe(20);
  });

  test('refuses tokens that were changed', async () => {
    await written([row(1), row(2)]);
    const { tokens } = rowLogPaths(folder);
    const bytes = await readFile(tokens);
    bytes[21]! ^= 1;
    await writeFile(tokens, bytes);
    const log = await openRowLog(folder, NO_RIVAL);
    expect(log.tokens(0)).toEqual(row(1).tokens);
    expect(() => log.tokens(1)).toThrow('the tokens of row 2 are damaged');
    await log.close();
  });

  test('refuses a log whose tokens are gone', async () => {
    await written([row(1), row(2)]);
    await truncate(rowLogPaths(folder).tokens, 30);
    await expect(openRowLog(folder, NO_RIVAL)).rejects.toThrow('its end is missing');
  });
});
