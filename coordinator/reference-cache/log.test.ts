import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openReferenceLog, type ReferenceLine } from './log.js';

const FIRST = { step: 1, attempt: 0, rows: [4, 2], logps: [-1 / 3, -12.5], pairs: [1], pairLogps: [-7.25] };
const SECOND = { step: 2, attempt: 1, rows: [7], logps: [-1e-300], pairs: [], pairLogps: [] };

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-log-'));
  path = join(folder, 'out', 'references.log');
  const log = await openReferenceLog(path, 'new', () => undefined);
  await Promise.all([log.append(FIRST), log.append(SECOND)]);
  await log.close();
});
afterEach(() => rm(folder, { recursive: true }));

async function lines(): Promise<ReferenceLine[]> {
  const found: ReferenceLine[] = [];
  const log = await openReferenceLog(path, 'resume', (line) => found.push(line));
  await log.close();
  return found;
}

test('what was appended comes back, bit for bit', async () => {
  expect(await lines()).toEqual([FIRST, SECOND]);
});

test('what a crash left unfinished is cut off, and later lines follow whole ones', async () => {
  await appendFile(path, '0123456789abcdef {"step":3,');
  const log = await openReferenceLog(path, 'resume', () => undefined);
  await log.append({ ...SECOND, step: 3 });
  await log.close();
  expect((await lines()).map(({ step }) => step)).toEqual([1, 2, 3]);
});

test('a changed byte in an earlier line is an error that names the line', async () => {
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('12.5', '12.6'));
  await expect(lines()).rejects.toMatchObject({
    code: 'STORAGE',
    message: expect.stringContaining('references.log:1'),
  });
});

test('a new run begins with an empty log', async () => {
  const log = await openReferenceLog(path, 'new', () => undefined);
  await log.close();
  expect(await lines()).toEqual([]);
});
