/** A run that is expected to end with an error: how it ended, what its user reads, and what it left behind. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { prospect } from './prospect.js';
import type { RunFolder } from './run-folder.js';

/** Well under the minute for which a worker looks for its coordinator; some seconds are usual. */
const QUICK_MS = 30_000;

/** What a run writes before its first step. */
export const RECORDS_AT_START = [
  'events.jsonl',
  'journal',
  'journal/epoch-….jsonl',
  'metrics.jsonl',
  'metrics.next.json',
  'references.log',
];

export interface FailedRun {
  readonly exitCode: number | null;
  /** The error's block on stderr, from `error (CODE): ` on. */
  readonly report: string;
  /** All that was written before it. */
  readonly log: string;
  /** Files in the output folder, with their paths in it. */
  readonly left: string[];
}

/**
 * `prospect train` with settings over the folder's run.yaml, on one worker where they name no other number, in the place
 * of what earlier ones left. Fails the
 * test when its error is not one readable block, or took long.
 */
export async function failedRun(
  run: RunFolder,
  settings: readonly string[],
  environment: Record<string, string> = {},
): Promise<FailedRun> {
  const all = ['workers=1', `output=${join(run.folder, 'out')}`, ...settings];
  const flags = all.flatMap((setting) => ['--set', setting]);
  const startedMs = performance.now();
  const { exitCode, stderr } = await prospect(['train', run.config, '--overwrite', ...flags], {
    ...run.environment,
    ...environment,
  });
  expect(performance.now() - startedMs, stderr).toBeLessThan(QUICK_MS);
  const output = all.findLast((setting) => setting.startsWith('output='))!.slice('output='.length);
  return { exitCode, ...readReport(stderr), left: await filesIn(output) };
}

export function readReport(stderr: string): Pick<FailedRun, 'report' | 'log'> {
  const blocks = stderr.split(/^(?=error \()/m);
  expect(blocks.length, `one error block in:\n${stderr}`).toBe(2);
  expect(stderr).not.toMatch(/^ +at /m);
  return { log: blocks[0]!, report: blocks[1]! };
}

/** Without the number of the journal's segment, which counts the runs in a folder. */
export async function filesIn(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const names = await readdir(folder, { recursive: true });
  return names.map((name) => name.replace(/epoch-\d+/, 'epoch-…')).sort();
}
