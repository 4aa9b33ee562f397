/** Measurements kept in the project's cache, so that a benchmark may be run in pieces. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../core/cache-folder.js';
import type { Measurement } from './measurement.js';

/** One line a measurement. */
export function resultsFile(workload: string, steps: number): string {
  return join(cacheFolder(), 'bench', `results-${workload}-${steps}-steps.jsonl`);
}

export function keep(file: string, measurements: readonly object[]): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, measurements.map((one) => `${JSON.stringify(one)}\n`).join(''));
}

export function kept<Kept = Measurement>(file: string): Kept[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Kept);
}

/** Of each trainer and method, what its last session measured. */
export function latest(measurements: readonly Measurement[]): Measurement[] {
  const sessions = new Map(measurements.map((one) => [keyOf(one), one.session]));
  return measurements.filter((one) => sessions.get(keyOf(one)) === one.session);
}

function keyOf({ trainer, method }: Measurement): string {
  return `${method} ${trainer}`;
}
