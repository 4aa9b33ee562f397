import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NO_RIVAL } from '../../test/support/no-rival.js';
import { claimJournal, type Journal } from './claim-journal.js';
import { leaseLost } from './fence.js';
import { readJournal } from './read-journal.js';
import type { JournalRecord } from './record.js';
import { segmentPath } from './segments.js';

let folder: string;
let lines: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-journal-'));
  lines = [];
});
afterEach(() => rm(folder, { recursive: true }));

const log = { warn: (_: object, message: string) => void lines.push(message) };

/** Another coordinator's turn. */
async function open(goesOn = true, mayBeDamaged = false): Promise<Journal> {
  const claim = await claimJournal(folder, { mayBeDamaged });
  return claim.open({ goesOn, holder: 'test', fence: NO_RIVAL, log });
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
  const journal = await open(false);
  for (const record of records) await journal.append(record);
  await journal.close();
}

async function recordsOf(): Promise<readonly JournalRecord[]> {
  return (await readJournal(folder)).records;
}

test('records come back as they were, to the bit, and more follow', async () => {
  await writeRecords();
  const journal = await open();
  expect(journal.records).toEqual(RECORDS);
  await journal.append(commit(4));
  await journal.close();
  expect(await recordsOf()).toEqual([...RECORDS, commit(4)]);
  expect(lines).toEqual([]);
});

test('records appended at once keep their order, and are on the disk when they count', async () => {
  const journal = await open(false);
  await Promise.all(RECORDS.map((record) => journal.append(record)));
  expect(await recordsOf()).toEqual(RECORDS);
  await journal.close();
  await expect(journal.append(START)).rejects.toThrow('closed');
});

test('what could not be read again is refused at once, and the journal goes on without it', async () => {
  const journal = await open(false);
  const odd = { kind: 'snapshot', step: 1, more: true } as JournalRecord;
  await expect(journal.append(odd)).rejects.toMatchObject({ code: 'INTERNAL' });
  await journal.append(START);
  await journal.close();
  expect(await recordsOf()).toEqual([START]);
});

test('cut at any byte, the journal has the records before it, and goes on', async () => {
  await writeRecords();
  const path = segmentPath(folder, 1);
  const bytes = await readFile(path);
  for (let length = 0; length <= bytes.length; length++) {
    await writeFile(path, bytes.subarray(0, length));
    const whole = bytes.subarray(0, length).toString().split('\n').length - 1;
    // The line end alone may be missing.
    const counted = bytes[length] === 0x0a ? whole + 1 : whole;
    const { records, tornBytes } = await readJournal(folder);
    // The first line is no record of its own.
    expect(records).toEqual(RECORDS.slice(0, Math.max(0, counted - 1)));
    const torn = length - bytes.subarray(0, length).lastIndexOf('\n') - 1;
    expect(tornBytes).toBe(counted === whole && whole > 0 ? torn : 0);
    // Going on costs some syncs each time.
    if (length % 50 > 0) continue;
    const journal = await open();
    await journal.append(commit(9));
    await journal.close();
    expect(await recordsOf()).toEqual([...records, commit(9)]);
    await rm(segmentPath(folder, 2));
  }
});

test('a flipped bit anywhere is an error that names the line, or changes nothing', async () => {
  await writeRecords();
  const path = segmentPath(folder, 1);
  const bytes = await readFile(path);
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes);
    flipped[at]! ^= 1 << (at % 8);
    await writeFile(path, flipped);
    const line = bytes.subarray(0, at).toString().split('\n').length;
    const result = await recordsOf().catch((error: unknown) => error);
    if (result instanceof Error) {
      expect(result).toMatchObject({ code: 'STORAGE' });
      expect(result.message).toContain(`epoch-000001.jsonl:${line}: this line of the run's journal is damaged`);
    } else expect(result).toEqual(RECORDS);
  }
});

test('zeros at the end, as a power failure may leave them, are left out', async () => {
  await writeRecords();
  const path = segmentPath(folder, 1);
  await writeFile(path, Buffer.concat([await readFile(path), Buffer.alloc(200), Buffer.from('"}\n')]));
  const journal = await open();
  await journal.close();
  expect(journal.records).toEqual(RECORDS);
  expect(lines).toEqual([expect.stringContaining('203 bytes at its end are left out')]);
});

test('a line that is missing, twice, or of another epoch is told by its number', async () => {
  await writeRecords();
  const path = segmentPath(folder, 1);
  const text = (await readFile(path, 'utf8')).split('\n');
  await writeFile(path, text.toSpliced(3, 1).join('\n'));
  await expect(open()).rejects.toThrow('epoch-000001.jsonl:4: this line of the run');
  await writeFile(path, text.toSpliced(2, 0, text[1]!).join('\n'));
  await expect(open()).rejects.toThrow('record 3 should be here, and this is record 2');
  await writeFile(path, text.join('\n'));
  await writeFile(segmentPath(folder, 2), text.join('\n'));
  await expect(open()).rejects.toThrow('it was written in epoch 1, and this file is of epoch 2');
});

test('a segment that later ones go on from must be there, with all that they go on from', async () => {
  await writeRecords();
  await (await open()).close();
  const path = segmentPath(folder, 1);
  const { size } = await stat(path);
  await truncate(path, size - 10);
  await expect(open()).rejects.toThrow('the journal goes on behind record 8, which is not here');
  await rm(path);
  await expect(open()).rejects.toMatchObject({ code: 'STORAGE' });
});

test('a run that begins anew forgets the one before, a damaged one too when it may be overwritten', async () => {
  await writeRecords();
  await writeFile(segmentPath(folder, 1), 'no journal\n');
  await expect(open(false)).rejects.toMatchObject({ code: 'STORAGE' });
  await (await open(false, true)).close();
  expect(await recordsOf()).toEqual([]);
  expect(await readdir(folder)).toEqual(['epoch-000002.jsonl']);
});

test('a journal that does not exist goes on as an empty one', async () => {
  const journal = await open();
  expect(journal.summary).toMatchObject({ incarnation: 0, lastCommitted: undefined });
  await journal.close();
});

test('a folder that cannot be written is a STORAGE error', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(claimJournal(join(folder, 'file', 'journal'))).rejects.toMatchObject({ code: 'STORAGE' });
});

describe('of two coordinators', () => {
  /** A coordinator that has not noticed yet that it was replaced, and one that notices. */
  async function replaced() {
    const claim = await claimJournal(folder);
    const noticing = {
      ...NO_RIVAL,
      mayAct: async () => {
        if (!(await claim.isNewest())) throw leaseLost('test');
      },
    };
    const old = await claim.open({ goesOn: true, holder: 'old', fence: noticing, log });
    await old.append(START);
    await old.append(commit(1));
    return old;
  }

  test('the later one has what the earlier one wrote before, and nothing of what it writes afterwards', async () => {
    const old = await replaced();
    const claim = await claimJournal(folder);
    await expect(old.append(commit(2))).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await expect(old.append(commit(3))).rejects.toMatchObject({ code: 'LEASE_LOST' });
    const next = await claim.open({ goesOn: true, holder: 'next', fence: NO_RIVAL, log });
    expect(next.records).toEqual([START, commit(1)]);
    await next.append(commit(2, 0.5));
    await old.close();
    await next.close();
    expect(await recordsOf()).toEqual([START, commit(1), commit(2, 0.5)]);
  });

  test('the later one counts what was written and not yet acted on, and the earlier one does not act on it', async () => {
    const old = await replaced();
    // The earlier one is stopped between its sync and its look.
    const write = old.append(commit(2));
    write.catch(() => undefined);
    for (let lines = 0; lines < 3; ) lines = (await readJournal(folder)).records.length;
    const claim = await claimJournal(folder);
    expect(claim.found.records).toEqual([START, commit(1), commit(2)]);
    await write.catch((error: unknown) => expect(error).toMatchObject({ code: 'LEASE_LOST' }));
    await old.close();
    await claim.drop();
  });

  test('one that ended before it had begun its epoch leaves nothing behind that counts', async () => {
    await writeRecords();
    await claimJournal(folder);
    const journal = await open();
    expect(journal.records).toEqual(RECORDS);
    await journal.close();
    expect(await readdir(folder)).toHaveLength(3);
  });

  test('of many that claim at once, each has another epoch and the last one leads', async () => {
    const claims = await Promise.all(Array.from({ length: 10 }, () => claimJournal(folder)));
    expect(claims.map(({ epoch }) => epoch).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const newest = await Promise.all(claims.map(async (claim) => ((await claim.isNewest()) ? claim.epoch : undefined)));
    expect(newest.filter((epoch) => epoch !== undefined)).toEqual([10]);
    for (const claim of claims) await claim.drop();
    expect(await readdir(folder)).toEqual([]);
  });
});
