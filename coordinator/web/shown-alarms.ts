/** What a person should look at now, in words with the remedy: read off the latest steps and the state machine. */

import type { State } from '../machine/types.js';
import { ALARM_HISTORY_STEPS, alarmsOf, type WatchedMetrics } from '../metrics/alarms.js';
import type { ColumnName, Columns } from './columns.js';
import type { ShownAlarm } from './watched-run.js';

export function trainingAlarms(columns: Columns): ShownAlarm[] {
  const last = columns.last();
  const history: WatchedMetrics[] = [];
  for (let step = Math.max(1, last - ALARM_HISTORY_STEPS + 1); step <= last; step++)
    history.push(watchedAt(columns, step));
  return alarmsOf(history);
}

/** @param rowsAwaited what the next step waits for, where rows come live. */
export function clusterAlarms(
  { phase, members, settings, setAside }: State,
  rowsAwaited: string | undefined,
): ShownAlarm[] {
  const alarms: ShownAlarm[] = [];
  if (rowsAwaited !== undefined) alarms.push({ kind: 'rowsAwaited', message: rowsAwaited });
  if (phase.name === 'waiting' && phase.isPause) {
    const message =
      `No step is made: ${members.length} of at least ${settings.workers.min} workers are there. Start more ` +
      '(prospect worker --coordinator …), or lower the least number under Commands. Without, the run ends after ' +
      `${Math.round(settings.workers.waitMs / 1000)} s and can be resumed.`;
    alarms.push({ kind: 'tooFewWorkers', message });
  }
  if (setAside.length > 0) {
    const message =
      `${setAside.length} rows are left out, because their log-probs are not finite. The timeline names file and line; ` +
      'look for empty or garbled text there, and lower the learning rate when they become more.';
    alarms.push({ kind: 'rowsSetAside', message });
  }
  return alarms;
}

function watchedAt(columns: Columns, step: number): WatchedMetrics {
  const number = (name: ColumnName) => columns.of(name)[step - 1]!;
  const orNull = (value: number) => (Number.isNaN(value) ? null : value);
  return {
    'rewards/chosen': orNull(number('rewards/chosen')),
    'rewards/rejected': orNull(number('rewards/rejected')),
    saturation: orNull(number('saturation')),
    'kl/raw': number('kl/raw'),
    'kl/clamped': number('kl/raw') < 0,
  };
}
