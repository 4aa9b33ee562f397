import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunConfigInput } from '../../core/config/schema.js';
import type { Dataset } from './dataset.js';
import { configOf, createDatasetFixture, type DatasetFixture, MODEL, row, rows } from './dataset-fixture.js';
import { openDataset } from './open-dataset.js';
import { loadTokenizer } from './tokenizer.js';

let fixture: DatasetFixture;

beforeAll(async () => {
  fixture = await createDatasetFixture();
});
afterAll(() => fixture.remove());

const rowsFile: DatasetFixture['rowsFile'] = (...lines) => fixture.rowsFile(...lines);
const using: DatasetFixture['using'] = (...parameters) => fixture.using(...parameters);

describe('openDataset', () => {
  it('reads several files in order and knows where each row came from', async () => {
    const first = await rowsFile(row(0), '', row(1));
    const second = await rowsFile(row(2));
    await using({ data: { train: [first, second] } }, ({ train }) => {
      expect(train.size).toBe(3);
      expect([train.desirableCount, train.undesirableCount]).toEqual([2, 1]);
      expect(train.origin(1)).toEqual({ file: first, line: 3 });
      expect(train.origin(2)).toEqual({ file: second, line: 1 });
      expect(train.classIndex().desirableRows).toEqual(Uint32Array.from([0, 2]));
      expect(train.desirable(1)).toBe(false);
    });
  });

  it('gives the token ids of prompt and completion, with the EOS token once at the end', async () => {
    const tokenizer = await loadTokenizer(MODEL);
    const withEos = { ...row(0), completion: `Answer 0.${tokenizer.eosToken}` };
    const train = await rowsFile(row(0), withEos);
    await using({ data: { train } }, (dataset) => {
      const { prompt, completion } = dataset.train.tokens(0);
      expect(tokenizer.decode([...prompt], false)).toBe('Question 0?\n');
      expect(tokenizer.decode([...completion], false)).toBe(`Answer 0.${tokenizer.eosToken}`);
      expect(dataset.train.tokens(1)).toEqual({ prompt, completion });
      expect(dataset.train.promptLength(0)).toBe(prompt.length);
      expect(dataset.train.completionLength(0)).toBe(completion.length);
    });
  });

  it('makes two rows of a pair, with the common start as the prompt', async () => {
    const tokenizer = await loadTokenizer(MODEL);
    const train = await rowsFile({ chosen: 'Q: hello\nA: Sure thing', rejected: 'Q: hello\nA: Sunny' });
    await using({ data: { train } }, (dataset) => {
      const text = (at: number) => tokenizer.decode([...dataset.train.tokens(at).completion], true);
      expect([text(0), text(1)]).toEqual([' Sure thing', ' Sunny']);
      expect([dataset.train.desirable(0), dataset.train.desirable(1)]).toEqual([true, false]);
      expect(dataset.train.promptKey(0)).toBe(dataset.train.promptKey(1));
    });
  });

  it('gives equal prompts equal keys and others other keys', async () => {
    const train = await rowsFile(row(0), { ...row(1), prompt: row(0).prompt }, row(2));
    await using({ data: { train } }, (dataset) => {
      expect(dataset.train.promptKey(0)).toBe(dataset.train.promptKey(1));
      expect(dataset.train.promptKey(0)).not.toBe(dataset.train.promptKey(2));
    });
  });

  it('holds out a share of the rows that depends on the seed alone, and trains on the others', async () => {
    const data = { train: await rowsFile(...rows(200)), heldOut: 0.2 };
    const lines = (part: Dataset['train']) => Array.from({ length: part.size }, (_, i) => part.origin(i).line);
    const parts = (seed: number) =>
      using({ data, training: { seed } }, (dataset) => [lines(dataset.train), lines(dataset.heldOut)] as const);
    const [train, heldOut] = await parts(1);
    expect(heldOut.length).toBeGreaterThan(20);
    expect(heldOut.length).toBeLessThan(60);
    expect([...train, ...heldOut].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    expect(await parts(1)).toEqual([train, heldOut]);
    expect((await parts(2))[1]).not.toEqual(heldOut);
  });

  it('takes held-out rows from files of their own', async () => {
    const data = { train: await rowsFile(...rows(4)), heldOut: await rowsFile(row(9)) };
    await using({ data }, (dataset) => {
      expect([dataset.train.size, dataset.heldOut.size]).toEqual([4, 1]);
      expect(dataset.heldOut.origin(0).file).toBe(data.heldOut);
    });
  });

  it('has one digest for the same rows and another for other rows, another split or another length', async () => {
    const train = await rowsFile(...rows(50));
    const digest = (data: RunConfigInput['data']) => using({ data }, (dataset) => dataset.train.digest);
    const digests = [
      await digest({ train }),
      await digest({ train: await rowsFile(...rows(49)) }),
      await digest({ train, heldOut: 0.2 }),
      await digest({ train, maxLength: 20 }),
    ];
    expect(new Set(digests).size).toBe(4);
    expect(await digest({ train: await rowsFile(...rows(50)) })).toBe(digests[0]);
  });
});

describe('the cache', () => {
  it('serves the same rows again without tokenizing them', async () => {
    const data = { train: await rowsFile(...rows(5)), maxLength: 99 };
    const look = (dataset: Dataset) => [dataset.report.cached, dataset.train.tokens(3)] as const;
    const [firstCached, tokens] = await using({ data }, look);
    expect(firstCached).toBe(false);
    expect(await using({ data }, look)).toEqual([true, tokens]);
  });

  it.each(['tokens.bin', 'rows.bin', 'store.json'])('is made again, and says so, when %s is damaged', async (name) => {
    const data = { train: await rowsFile(...rows(6), { damage: name }), maxLength: 77 };
    const stores = async () => new Set(await readdir(join(fixture.cacheDir, 'datasets')));
    const before = await stores();
    const tokens = await using({ data }, (dataset) => dataset.train.tokens(5));
    const made = [...(await stores())].find((store) => !before.has(store))!;
    await truncate(join(fixture.cacheDir, 'datasets', made, name), 8);
    const log: string[] = [];
    const again = await using({ data }, ({ report, train }) => [report.cached, train.tokens(5)] as const, log);
    expect(again).toEqual([false, tokens]);
    expect(log[0]).toContain('damaged');
  });

  it('can be made by two at the same time', async () => {
    const data = { train: await rowsFile(...rows(7)), maxLength: 55 };
    const look = (dataset: Dataset) => dataset.train.tokens(6);
    const [one, other] = await Promise.all([using({ data }, look), using({ data }, look)]);
    expect(one).toEqual(other);
    const left = await readdir(join(fixture.cacheDir, 'datasets'));
    expect(left.filter((name) => name.includes('unfinished'))).toEqual([]);
  });

  it('keeps nothing of a dataset that was refused', async () => {
    const cacheDir = join(fixture.folder, 'refused');
    const data = { train: await rowsFile('no', row(1)), badRows: 0 };
    await expect(openDataset(configOf({ data }), { cacheDir })).rejects.toThrow();
    expect(await readdir(join(cacheDir, 'datasets'))).toEqual([]);
  });

  it('tells a folder that cannot be written', async () => {
    const cacheDir = await rowsFile('a file, not a folder');
    const opened = openDataset(configOf({ data: { train: await rowsFile(row(0)) } }), { cacheDir });
    await expect(opened).rejects.toMatchObject({ code: 'STORAGE' });
  });
});
