/** Is there a row log in a run's folder, with anything in it? */
import { stat } from 'node:fs/promises';
import { rowLogPaths } from './row-log-paths.js';

export function holdsLiveRows(output: string): Promise<boolean> {
  return stat(rowLogPaths(output).rows).then(
    ({ size }) => size > 0,
    () => false,
  );
}
