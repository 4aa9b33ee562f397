/** The faults that a long run has, at random moments, and what it takes to undo them. */
import type { Cluster } from './cluster.js';

export const FAULT_KINDS = [
  'workerKilled',
  'workerStopped',
  'coordinatorKilled',
  'everythingKilled',
  'workerAdded',
  'workerLeft',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface InjectedFault {
  readonly kind: FaultKind;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** Name of the worker that it struck; undefined when it struck more. */
  readonly worker?: string;
}

/** Long enough that a stopped worker is given up, whatever the machine does besides. */
const STOPPED_MS = 6_000;
/** With three, one survivor at least has the state while a new one still heals; with none the run goes back to a snapshot. */
export const LEAST_WORKERS = 3;
/** Workers are added up to so many. */
const MOST_WORKERS = 4;

/** Worker processes by name, new ones under new names. */
export interface Crew {
  readonly names: string[];
  started: number;
}

export function startOne(cluster: Cluster, crew: Crew): string {
  const name = `w${crew.started++}`;
  crew.names.push(name);
  cluster.startWorker(name);
  return name;
}

/**
 * Does it, and starts again what it ended.
 * @param random in [0, 1)
 */
export async function inject(kind: FaultKind, cluster: Cluster, crew: Crew, random: number): Promise<InjectedFault> {
  const victim = crew.names[Math.floor(random * crew.names.length)]!;
  const atMs = Date.now();
  if (kind === 'workerAdded')
    return { kind, atMs, worker: crew.names.length < MOST_WORKERS ? startOne(cluster, crew) : victim };
  if (kind === 'coordinatorKilled' || kind === 'everythingKilled') {
    if (kind === 'everythingKilled')
      await Promise.all(crew.names.splice(0).map((name) => end(cluster, name, 'SIGKILL')));
    cluster.coordinator().child.kill('SIGKILL');
    await cluster.coordinator().ended();
    cluster.startCoordinator();
    while (crew.names.length < LEAST_WORKERS) startOne(cluster, crew);
    return { kind, atMs };
  }
  crew.names.splice(crew.names.indexOf(victim), 1);
  if (kind === 'workerStopped') {
    cluster.worker(victim).child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
  }
  await end(cluster, victim, kind === 'workerLeft' ? 'SIGTERM' : 'SIGKILL');
  if (crew.names.length < LEAST_WORKERS) startOne(cluster, crew);
  return { kind, atMs, worker: victim };
}

async function end(cluster: Cluster, name: string, signal: NodeJS.Signals): Promise<void> {
  cluster.worker(name).child.kill(signal);
  await cluster.worker(name).ended();
}
