import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatasetFixture, type DatasetFixture, row } from './dataset-fixture.js';

let fixture: DatasetFixture;

beforeAll(async () => {
  fixture = await createDatasetFixture();
});
afterAll(() => fixture.remove());

const rowsFile: DatasetFixture['rowsFile'] = (...lines) => fixture.rowsFile(...lines);
const using: DatasetFixture['using'] = (...parameters) => fixture.using(...parameters);

describe('bad rows', () => {
  it('are counted by reason and shown with file and line, and the others are used', async () => {
    const train = await rowsFile(row(0), '{"prompt": ', { ...row(1), label: 1 }, { ...row(2), label: 'yes' }, row(4));
    const log: string[] = [];
    await using(
      { data: { train } },
      ({ train: used, report }) => {
        expect(used.size).toBe(2);
        expect(report.badRows).toBe(3);
        expect(report.problems.map(({ reason, count }) => [reason, count])).toEqual([
          ['not JSON', 1],
          ['label is not true or false', 2],
        ]);
      },
      log,
    );
    expect(log).toContain('2 rows: label is not true or false');
    expect(log).toContain(`  ${train}:3: found 1`);
    expect(log).toContain(`  ${train}:4: found "yes"`);
  });

  it('keep no more than five places a reason', async () => {
    const train = await rowsFile(row(0), ...Array.from({ length: 9 }, () => 'oops'));
    await using({ data: { train } }, ({ report }) => {
      expect(report.problems[0]).toMatchObject({ count: 9 });
      expect(report.problems[0]?.examples).toHaveLength(5);
    });
  });

  it('above the limit end the run, with the places', async () => {
    const train = await rowsFile(row(0), 'oops', '[1]');
    const opened = using({ data: { train, badRows: 1 } }, () => undefined);
    await expect(opened).rejects.toMatchObject({ code: 'DATA_INVALID' });
    await expect(opened).rejects.toThrow(
      /more than 1 rows.*data\.badRows[\s\S]*rows-\d+\.jsonl:2: [\s\S]*:3: found \[1\]/,
    );
  });

  it('above the limit end the run also when the tokens are cached from a run with a higher one', async () => {
    const train = await rowsFile(row(0), 'oops', '[1]');
    await using({ data: { train, badRows: 2 } }, () => undefined);
    await expect(using({ data: { train, badRows: 1 } }, () => undefined)).rejects.toMatchObject({
      code: 'DATA_INVALID',
    });
  });
});

describe('datasets that are not as they should be', () => {
  it('are refused when empty, with what a row looks like', async () => {
    const train = await rowsFile('');
    await expect(using({ data: { train } }, () => undefined)).rejects.toMatchObject({ code: 'DATA_INVALID' });
    await expect(using({ data: { train } }, () => undefined)).rejects.toThrow(/no usable rows.*"prompt"/);
  });

  it('are refused when there is no file', async () => {
    const opened = using({ data: { train: join(fixture.folder, 'none.jsonl') } }, () => undefined);
    await expect(opened).rejects.toMatchObject({ code: 'DATA_INVALID' });
    await expect(opened).rejects.toThrow(/none\.jsonl: .*no such file/);
  });

  it('are allowed with one class, and warned of', async () => {
    const train = await rowsFile(row(0, true), row(1, true));
    const log: string[] = [];
    await using({ data: { train } }, ({ train: { size } }) => expect(size).toBe(2), log);
    expect(log.join()).toContain('all 2 rows are desirable');
  });

  it('are refused for sft without a desirable row', async () => {
    const data = { train: await rowsFile(row(1, false)) };
    const opened = using({ data, loss: { type: 'sft' } }, () => undefined);
    await expect(opened).rejects.toThrow(/sft learns from desirable rows, and there are none/);
  });

  it('are warned of when the classes are out of balance, with the numbers', async () => {
    const train = await rowsFile(row(0, true), ...Array.from({ length: 5 }, (_, i) => row(i, false)));
    const log: string[] = [];
    await using({ data: { train } }, () => undefined, log);
    expect(log.join()).toContain('undesirable 1 × 5 rows is 0.20');
  });

  it('lose rows whose prompt alone fills maxLength, counted, but not when the prompt may be cut', async () => {
    const long = { prompt: 'word '.repeat(40), completion: 'Yes.', label: true };
    const data = { train: await rowsFile(row(0), long), maxLength: 16 };
    const log: string[] = [];
    await using({ data }, ({ train, report }) => expect([train.size, report.droppedRows]).toEqual([1, 1]), log);
    expect(log.join()).toContain('1 rows dropped: the prompt alone fills data.maxLength 16');
    await using({ data: { ...data, truncation: 'keepEnd' } }, ({ train }) => {
      expect(train.size).toBe(2);
      expect(train.promptLength(1)).toBe(16);
    });
  });
});
