/** Peak memory of a process and all that it starts, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

const BYTES_PER_KIB = 1024;
const SAMPLE_MS = 200;

export interface MemoryWatch {
  /**
   * Bytes: each process's own peak of resident memory, added up, so never too small. A process seen once is left out: a
   * fork shows its parent's memory as its own until it runs another program. Undefined where there is no /proc.
   */
  stop(): number | undefined;
}

export function watchMemory(rootPid: number): MemoryWatch {
  const peaks = new Map<number, number>();
  const seen = new Set<number>();
  const look = () => {
    for (const pid of treeOf(rootPid)) {
      if (seen.has(pid)) peaks.set(pid, Math.max(peaks.get(pid) ?? 0, peakBytes(pid)));
      seen.add(pid);
    }
  };
  const timer = setInterval(look, SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      return peaks.size === 0 ? undefined : [...peaks.values()].reduce((total, bytes) => total + bytes, 0);
    },
  };
}

function treeOf(rootPid: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of processes()) {
    const parent = parentOf(pid);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [rootPid];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

function processes(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** The name, in parentheses, may hold anything; after it come the state and the parent. */
function parentOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

function peakBytes(pid: number): number {
  const [, kib] = /^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`)) ?? [];
  return Number(kib ?? 0) * BYTES_PER_KIB;
}

/** Empty for a process that has ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
