/** What a run wrote to metrics.jsonl. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One object a line: steps and evaluations, in order. */
export async function readMetrics(output: string): Promise<Record<string, number>[]> {
  const lines = (await readFile(join(output, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line));
}
