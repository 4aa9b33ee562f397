/** Back to the newest good snapshot, or to the base model where there is none; workers pull it from the coordinator. */
import { basename, join } from 'node:path';
import type { DriverEvent } from '../machine/events.js';
import { type LoadedSnapshot, loadNewest } from '../snapshots/load-newest.js';
import { SNAPSHOTS_FOLDER } from '../snapshots/survey.js';
import type { DriverContext } from './context.js';
import type { Ledger } from './ledger.js';

type Restored = Extract<DriverEvent, { kind: 'restored' }>;

export interface RestoreResult {
  /** To serve to workers; undefined: they begin from the base model. */
  readonly snapshot: LoadedSnapshot | undefined;
  readonly event: Restored;
}

/**
 * @param isOtherRun the configuration was changed on purpose: steps made again will be other ones.
 * @throws STORAGE when there are snapshots and none is intact.
 */
export async function restore(context: DriverContext, ledger: Ledger, isOtherRun: boolean): Promise<RestoreResult> {
  const { config, log, report, events } = context;
  const snapshot = await loadNewest(join(config.output, SNAPSHOTS_FOLDER), {
    log,
    onDamaged: (step, reason) => events.tell({ kind: 'snapshotFailed', step, during: 'reading', reason }),
  });
  const step = snapshot?.state.step ?? 0;
  if (isOtherRun) {
    ledger.cutBack(step);
    await report.cutBack(step);
  }
  const redo = ledger.commitsAfter(step);
  if (snapshot) events.tell({ kind: 'snapshotVerified', step, name: basename(snapshot.path) });
  events.tell({ kind: 'runWentBack', step, again: redo.length, stepsAreOthers: isOtherRun });
  log.info(
    { step, again: redo.length },
    snapshot ? `going on from the snapshot of step ${step}` : 'starting from the base model',
  );
  const setAside = snapshot?.state.setAside.map(({ row }) => row) ?? [];
  const parameterDigest = snapshot?.state.parameterDigest ?? '';
  const record = ledger.commit(step);
  // The journal knows better, where it reaches so far: of its changes none was damaged.
  const learningRates = record ? undefined : snapshot?.state.learningRates;
  const event: Restored = { kind: 'restored', step, parameterDigest, record, redo, setAside, learningRates };
  return { snapshot, event };
}
