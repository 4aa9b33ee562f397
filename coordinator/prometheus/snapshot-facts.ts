/** The last snapshot of an earlier coordinator, for metrics of a run that goes on. */
import { join } from 'node:path';
import { diskFiles } from '../snapshots/file-operations.js';
import { listSnapshots } from '../snapshots/names.js';
import { quickCheck } from '../snapshots/quick-check.js';
import type { RunMetrics } from './run-metrics.js';

/** @param folder `<output>/snapshots`. @param startedAtMs counts as the last one where there is none; Unix time. */
export async function showLastSnapshot(folder: string, metrics: RunMetrics, startedAtMs: number): Promise<void> {
  metrics.snapshotTime.set(startedAtMs / 1000);
  const { snapshots } = await listSnapshots(folder, diskFiles);
  const [newest] = snapshots;
  if (!newest) return;
  const { manifest } = await quickCheck(join(folder, newest.name), diskFiles);
  if (!manifest) return;
  const { writtenAt, files } = manifest.content;
  metrics.snapshotTime.set(Date.parse(writtenAt) / 1000);
  metrics.snapshotBytes.set(Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0));
}
