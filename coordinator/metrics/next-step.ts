/**
 * The metrics of the step that is being committed, `<output>/metrics.next.json`, written before its commit record: a
 * coordinator that is killed between that and the line in metrics.jsonl loses neither. Only a power failure still can.
 */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { storageError } from '../output/storage-error.js';
import type { StepMetrics } from './step-metrics.js';

export interface NextStep {
  /**
   * Some microseconds, in the memory of the system: a thread for it would cost the step more.
   * @throws STORAGE
   */
  write(metrics: StepMetrics): void;
  close(): void;
}

/** @throws STORAGE */
export function openNextStep(path: string): NextStep {
  const told = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (cause) {
      throw storageError(cause, path);
    }
  };
  // A coordinator that was replaced may have the file before still open.
  told(() => rmSync(path, { force: true }));
  const file = told(() => openSync(path, 'w'));
  let length = 0;
  return {
    write(metrics) {
      // One write over all that the last one left: what is read is one step or the other.
      const text = JSON.stringify(metrics).padEnd(length);
      ({ length } = text);
      told(() => writeSync(file, text, 0));
    },
    close: () => closeSync(file),
  };
}

/** @returns undefined where there is none, or half of one. */
export async function readNextStep(path: string): Promise<StepMetrics | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as StepMetrics;
  } catch {
    return undefined;
  }
}
