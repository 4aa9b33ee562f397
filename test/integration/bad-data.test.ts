/** Feedback rows that cannot be used: file, line and reason are told, and nothing is written. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failedRun, filesIn } from '../support/failed-run.js';
import { PARITY_DATA } from '../support/parity-data.js';
import { prospect } from '../support/prospect.js';
import { createRunFolder, type RunFolder } from '../support/run-folder.js';

let run: RunFolder;
let goodRows: string[];

beforeAll(async () => {
  run = await createRunFolder();
  goodRows = (await readFile(join(PARITY_DATA, 'feedback.jsonl'), 'utf8')).trim().split('\n');
});
afterAll(() => run.remove());

async function rowsFile(name: string, lines: readonly string[]): Promise<string> {
  const path = join(run.folder, `${name}.jsonl`);
  await writeFile(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

test('an empty dataset says what a row looks like', async () => {
  const file = await rowsFile('empty', []);
  const { exitCode, report, left } = await failedRun(run, [`data.train=${file}`]);
  expect(exitCode).toBe(3);
  expect(report).toContain(`error (DATA_INVALID): ${file}: no usable rows to train on; each line is {"prompt",`);
  expect(left).toEqual([]);
});

test('a file that is not there is named', async () => {
  const file = join(run.folder, 'nowhere.jsonl');
  const { exitCode, report, left } = await failedRun(run, [`data.train=${file}`]);
  expect(exitCode).toBe(3);
  expect(report).toContain(`error (DATA_INVALID): ${file}: cannot read the feedback rows: no such file`);
  expect(left).toEqual([]);
});

test('rows that are not JSON are named by file and line', async () => {
  const file = await rowsFile('not-json', [...goodRows.slice(0, 8), '{"prompt": "cut o']);
  const { exitCode, report, left } = await failedRun(run, [`data.train=${file}`, 'data.badRows=0']);
  expect(exitCode).toBe(3);
  expect(report).toContain('raise data.badRows');
  expect(report).toContain(`1 row: not JSON\n    ${file}:9: `);
  expect(left).toEqual([]);
});

test('labels that are not boolean are named by file and line, with what was found', async () => {
  const labelled = (label: unknown) => JSON.stringify({ prompt: 'Hello', completion: ' there', label });
  const file = await rowsFile('labels', [...goodRows.slice(0, 8), labelled('good'), labelled(1), labelled(null)]);
  const { exitCode, report, left } = await failedRun(run, [`data.train=${file}`, 'data.badRows=2']);
  expect(exitCode).toBe(3);
  expect(report).toContain('3 rows: label is not true or false\n');
  for (const [line, found] of ['9: found "good"', '10: found 1', '11: found null'].entries())
    expect(report, `bad row ${line}`).toContain(`${file}:${found}`);
  expect(left).toEqual([]);
});

test.each(['desirable', 'undesirable'])('rows that are all %s are trained on, with a warning', async (kind) => {
  const label = kind === 'desirable';
  const file = await rowsFile(
    kind,
    goodRows.slice(0, 8).map((row) => JSON.stringify({ ...JSON.parse(row), label })),
  );
  const output = join(run.folder, kind);
  const settings = [`data.train=${file}`, 'data.heldOut=0', `output=${output}`, 'workers=1'];
  const flags = settings.flatMap((setting) => ['--set', setting]);
  const { exitCode, stderr } = await prospect(['train', run.config, ...flags], run.environment);
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toContain(`all 8 rows are ${kind}: the model learns one direction only`);
  expect(await filesIn(output)).toContain('adapter/adapter_model.safetensors');
});
