/** Whether a process runs, and which one it is: pids are given again, at the latest after the machine starts anew. */
import { readFile } from 'node:fs/promises';
import { isErrnoError } from '../../core/errors.js';

/** Fields of proc(5)'s stat, counted behind the name, which may hold spaces and brackets: the 3rd and the 22nd. */
const STATE_FIELD = 0;
const START_TIME_FIELD = 19;

/**
 * @returns undefined when there is no such process on this machine; otherwise the machine's start and the process's as
 *   one word, or '' where the system has no /proc.
 */
export async function processStart(pid: number): Promise<string | undefined> {
  if (!isRunning(pid)) return undefined;
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; its parent has not looked yet.
    return fields[STATE_FIELD] === 'Z' ? undefined : `${boot.trim()}/${fields[START_TIME_FIELD]}`;
  } catch {
    return isRunning(pid) ? '' : undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return !isErrnoError(error) || error.code !== 'ESRCH';
  }
}
