/** What was measured on, in a sentence. */
import { cpus, loadavg } from 'node:os';
import { figure } from './markdown.js';
import { DEVICES, type Device, THREADS } from './settings.js';

/** @param loads load averages that were seen; the present one when left out. */
export function machineLine(loads: readonly number[] = [loadavg()[0]!], device: Device = 'cpu'): string {
  const [least, most] = [figure(Math.min(...loads)), figure(Math.max(...loads))];
  const load = least === most ? least : `${least} to ${most}`;
  const processor = cpus()[0]?.model.trim() ?? 'Unknown processor';
  return `${processor}, ${THREADS} threads, Node ${process.versions.node}, ${DEVICES[device].precision}${device === 'gpu' ? ' on the first GPU' : ''}; load average before the runs ${load}.`;
}
