import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLines } from './jsonl.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-jsonl-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function linesOf(text: string): Promise<[number, string][]> {
  const file = join(folder, 'rows.jsonl');
  await writeFile(file, text);
  const lines: [number, string][] = [];
  for await (const { line, text: found } of readLines(file)) lines.push([line, found]);
  return lines;
}

describe('readLines', () => {
  it('numbers lines from 1, passes blank ones by, and reads a last line without an end', async () => {
    expect(await linesOf('a\n\n  \r\nb')).toEqual([
      [1, 'a'],
      [4, 'b'],
    ]);
  });

  it('does not split at U+2028, which may stand inside a JSON string', async () => {
    expect(await linesOf('"a\u2028b"\n')).toEqual([[1, '"a\u2028b"']]);
  });

  it('passes a byte order mark by', async () => {
    expect(await linesOf('\uFEFF{}\n')).toEqual([[1, '{}']]);
  });

  it('joins lines and characters that lie across read blocks', async () => {
    const long = '€'.repeat(50_001);
    expect(await linesOf(`${long}\n${long}x\n`)).toEqual([
      [1, long],
      [2, `${long}x`],
    ]);
  });

  it('refuses a file that is not there', async () => {
    const reading = readLines(join(folder, 'none')).next();
    await expect(reading).rejects.toMatchObject({ code: 'DATA_INVALID' });
  });
});
