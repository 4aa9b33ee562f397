/**
 * Rows whose scores are not finite. All of a stage's are set aside together, after the stage is complete: which rows
 * are left out must not depend on the order in which reports arrive.
 */
import { endRun } from './ending.js';
import { emit, newGeneration, type Turn, update } from './turn.js';

export function setRowsAside(turn: Turn, notFinite: readonly number[]): void {
  const { work, setAside, settings } = turn.state;
  const rows = [...new Set(notFinite)].filter((row) => !setAside.includes(row)).sort((a, b) => a - b);
  const { step } = work!;
  emit(turn, { kind: 'journal', record: { kind: 'setAside', step, rows } });
  emit(turn, { kind: 'setAside', step, rows });
  update(turn, { setAside: [...setAside, ...rows], work: undefined });
  newGeneration(turn);
  const count = setAside.length + rows.length;
  if (count <= settings.setAsideLimit) return;
  const message =
    `${count} rows gave scores that are not finite, more than data.setAside allows (${settings.setAsideLimit}); the ` +
    `last ones in step ${step}. Look at these rows, lower training.learningRate, or raise data.setAside.`;
  endRun(turn, { kind: 'failed', code: 'NON_FINITE', message });
}
