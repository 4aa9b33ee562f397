import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NO_RIVAL } from '../../test/support/no-rival.js';
import type { JournalRecord } from '../journal/record.js';
import { summarize } from '../journal/summary.js';
import { type LiveRows, openLiveRows } from './live-rows.js';
import type { NewRow } from './row-log.js';

const RULES = { globalBatch: 4, minOfEachClass: 1, maxWaitMs: 1000 };
const COMMIT = { attempt: 0, z0: 0, gradientDigest: '', norm: 1, learningRate: 1, skipped: false };

let folder: string;
let journal: JournalRecord[];
let live: LiveRows;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-live-'));
  journal = [];
  await open();
});
afterEach(async () => {
  await live.close();
  await rm(folder, { recursive: true });
});

/** As a coordinator that starts on what the journal holds. */
async function open(at = folder) {
  live = await openLiveRows(at, summarize(journal), NO_RIVAL);
  live.begin({ append: async (record) => void journal.push(record) });
}

function row(sequence: number, generation = 0): NewRow {
  const tokens = { prompt: Uint32Array.of(1), completion: Uint32Array.of(sequence) };
  const facts = { part: 0, parts: 1, timeNs: 1n, promptKey: 1n, keyHash: 0n };
  return { kind: 'row', generation, sequence, desirable: sequence % 2 === 0, heldOut: false, ...facts, tokens };
}

function rows(first: number, last: number): NewRow[] {
  return Array.from({ length: last - first + 1 }, (_, i) => row(first + i));
}

function commit(step: number) {
  journal.push({ kind: 'commit', step, ...COMMIT });
  live.committed(step);
}

function sequencesOf(step: number): number[] {
  return live.planOf(step)!.rows.map((number) => live.log.record(number).sequence);
}

describe('live rows', () => {
  test('belong to one step each, and to the same one after a restart', async () => {
    await live.append(rows(1, 10));
    await live.plan(1, RULES);
    await live.plan(2, RULES);
    await live.close();
    await open();
    expect(sequencesOf(1)).toEqual([1, 2, 3, 4]);
    expect(sequencesOf(2)).toEqual([5, 6, 7, 8]);
    expect(live.waiting()).toEqual({ desirable: 1, undesirable: 1 });
  });

  test('are open until the step that has them is committed', async () => {
    await live.append(rows(1, 6));
    await live.plan(1, RULES);
    expect(live.firstOpen()).toBe(0);
    const trained: number[] = [];
    live.onCommitted((numbers) => trained.push(...numbers));
    commit(1);
    expect(trained).toEqual([0, 1, 2, 3]);
    expect(live.firstOpen()).toBe(4);
    await live.close();
    await open();
    expect(live.firstOpen()).toBe(4);
  });

  test('are used once where a snapshot alone says which were, also after another restart', async () => {
    await live.append(rows(1, 10));
    await live.plan(1, RULES);
    commit(1);
    const position = live.position(1);
    expect(position).toEqual({ generation: 0, sequence: 10, waiting: [5, 6, 7, 8, 9, 10] });
    await live.close();
    journal = [];
    const elsewhere = join(folder, 'elsewhere');
    await open(elsewhere);
    await live.append(rows(1, 3));
    await live.goBack(1, position);
    await live.append(rows(4, 12));
    await live.plan(2, RULES);
    expect(sequencesOf(2)).toEqual([5, 6, 7, 8]);
    await live.close();
    await open(elsewhere);
    expect(live.waiting()).toEqual({ desirable: 2, undesirable: 2 });
    expect(sequencesOf(2)).toEqual([5, 6, 7, 8]);
  });

  test('of a step that is behind a snapshot wait in its position', async () => {
    await live.append(rows(1, 10));
    await live.plan(1, RULES);
    await live.plan(2, RULES);
    expect(live.position(1).waiting).toEqual([5, 6, 7, 8, 9, 10]);
    expect(live.position(2).waiting).toEqual([9, 10]);
  });
});
