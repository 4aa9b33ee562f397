import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { JOURNAL_FILE, type JournalOptions, openJournal, readJournal } from './open-journal.js';
import type { JournalRecord } from './record.js';

let folder: string;
let path: string;
let lines: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-journal-'));
  path = join(folder, JOURNAL_FILE);
  lines = [];
});
afterEach(() => rm(folder, { recursive: true }));

function openAt(mode: JournalOptions['mode'], at = path) {
  return openJournal({ path: at, mode, log: { warn: (_, message) => void lines.push(message) } });
}

const START: JournalRecord = {
  kind: 'start',
  runId: 'run',
  incarnation: 1,
  configDigest: 'c',
  datasetDigest: 'd',
  modelDigest: 'm',
  allowed: [],
};

function commit(step: number, norm = 1 / 3): JournalRecord {
  const numbers = { z0: 0.1 * step, norm, learningRate: 1e-4, skipped: !Number.isFinite(norm) };
  return { kind: 'commit', step, attempt: 0, gradientDigest: `gradient ${step}`, ...numbers };
}

const RECORDS: readonly JournalRecord[] = [
  START,
  commit(1),
  { kind: 'applied', step: 1, parameterDigest: 'p' },
  { kind: 'setAside', step: 2, rows: [5, 7] },
  commit(2, Number.NaN),
  { kind: 'snapshot', step: 2 },
  commit(3, Number.NEGATIVE_INFINITY),
];

async function writeRecords(records: readonly JournalRecord[] = RECORDS): Promise<void> {
  const journal = await openAt('new');
  for (const record of records) await journal.append(record);
  await journal.close();
}

test('records come back as they were, to the bit, and more follow', async () => {
  await writeRecords();
  const journal = await openAt('resume');
  expect(journal.records).toEqual(RECORDS);
  await journal.append(commit(4));
  await journal.close();
  expect((await readJournal(path)).records).toEqual([...RECORDS, commit(4)]);
  expect(lines).toEqual([]);
});

test('records appended at once keep their order, and are on the disk when they count', async () => {
  const journal = await openAt('new');
  await Promise.all(RECORDS.map((record) => journal.append(record)));
  expect((await readJournal(path)).records).toEqual(RECORDS);
  await journal.close();
  await expect(journal.append(START)).rejects.toThrow('closed');
});

test('what could not be read again is refused at once, and the journal goes on without it', async () => {
  const journal = await openAt('new');
  const odd = { kind: 'snapshot', step: 1, more: true } as JournalRecord;
  await expect(journal.append(odd)).rejects.toMatchObject({
    code: 'INTERNAL',
    message: expect.stringContaining('more'),
  });
  await journal.append(START);
  await journal.close();
  expect((await readJournal(path)).records).toEqual([START]);
});

test('cut at any byte, the journal has the records before it, and goes on', async () => {
  await writeRecords();
  const bytes = await readFile(path);
  const cutPath = join(folder, 'cut.jsonl');
  for (let length = 0; length <= bytes.length; length++) {
    await writeFile(cutPath, bytes.subarray(0, length));
    const whole = bytes.subarray(0, length).toString().split('\n').length - 1;
    lines = [];
    const journal = await openAt('resume', cutPath);
    const count = journal.records.length;
    // The line end alone may be missing.
    expect([whole, bytes[length] === 0x0a ? whole + 1 : whole]).toContain(count);
    expect(journal.records).toEqual(RECORDS.slice(0, count));
    const torn = length - bytes.subarray(0, length).lastIndexOf('\n') - 1;
    expect(lines).toHaveLength(torn > 0 && count === whole ? 1 : 0);
    await journal.append(commit(9));
    await journal.close();
    expect((await readJournal(cutPath)).records).toEqual([...RECORDS.slice(0, count), commit(9)]);
  }
});

test('a flipped bit anywhere is an error that names the line, or changes nothing', async () => {
  await writeRecords();
  const bytes = await readFile(path);
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes);
    flipped[at]! ^= 1 << (at % 8);
    await writeFile(path, flipped);
    const line = bytes.subarray(0, at).toString().split('\n').length;
    const result = await readJournal(path).catch((error: unknown) => error);
    if (result instanceof Error) {
      expect(result).toMatchObject({ code: 'STORAGE' });
      expect(result.message).toContain(`journal.jsonl:${line}: this line of the run's journal is damaged`);
    } else expect(result).toMatchObject({ records: RECORDS });
  }
});

test('zeros at the end, as a power failure may leave them, are cut off', async () => {
  await writeRecords();
  const { size } = await stat(path);
  await writeFile(path, Buffer.concat([await readFile(path), Buffer.alloc(200), Buffer.from('"}\n')]));
  await (await openAt('resume')).close();
  expect(lines).toEqual([expect.stringContaining('cut off 203 bytes')]);
  expect((await stat(path)).size).toBe(size);
});

test('a line that is missing, or twice, is told by its number', async () => {
  await writeRecords();
  const text = (await readFile(path, 'utf8')).split('\n');
  await writeFile(path, text.toSpliced(2, 1).join('\n'));
  await expect(openAt('resume')).rejects.toThrow('journal.jsonl:3: this line of the run');
  await writeFile(path, text.toSpliced(2, 0, text[1]!).join('\n'));
  await expect(openAt('resume')).rejects.toThrow('record 3 should be here, and this is record 2');
});

test('an unfinished run is not written over by a new one, unless that is asked for', async () => {
  await writeRecords();
  await expect(openAt('new')).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/holds run run, which is not finished \(3 steps so far\).*--resume.*--overwrite/),
  });
  const journal = await openAt('overwrite');
  expect(journal.records).toEqual([]);
  await journal.close();
  expect((await stat(path)).size).toBe(0);
});

test('a finished run gives way to a new one, and a damaged journal does when it may be overwritten', async () => {
  await writeRecords([START, commit(1), { kind: 'finished', step: 1, parameterDigest: 'p' }]);
  await (await openAt('new')).close();
  await writeFile(path, 'no journal\n');
  await expect(openAt('new')).rejects.toMatchObject({ code: 'STORAGE' });
  await (await openAt('overwrite')).close();
  expect((await readJournal(path)).records).toEqual([]);
});

test('a journal that does not exist resumes as an empty one', async () => {
  const journal = await openAt('resume');
  expect(journal.summary).toMatchObject({ incarnation: 0, lastCommitted: undefined });
  await journal.close();
});

test('a folder that cannot be written is a STORAGE error', async () => {
  await writeRecords();
  await copyFile(path, join(folder, 'file'));
  await expect(openAt('new', join(folder, 'file', 'journal.jsonl'))).rejects.toMatchObject({ code: 'STORAGE' });
});
