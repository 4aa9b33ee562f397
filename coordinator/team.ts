/** The ready workers in rank order: telling all of them something, and waiting for all of their answers. */
import { ProspectError } from '../core/errors.js';
import type { LoadedWorker } from './ready-check.js';
import { nameOf, type Outgoing, type ReportCase, type ReportValue, send, type WorkerLink } from './worker-link.js';

/** Membership never changes yet. */
const FIRST_GENERATION = 1;

export interface Team {
  readonly generation: number;
  /** In rank order. */
  readonly links: readonly WorkerLink[];
  /** What every member loaded. */
  readonly loaded: LoadedWorker;
  /** What the run is doing, for the error that names when a worker was lost. */
  phase: string;
  /** Number of the next score task. */
  nextTask(): number;
  tell(messageOf: (rank: number) => Outgoing): void;
  /**
   * One report of every member, in rank order.
   * @throws PROTOCOL for a report of another kind, generation, step or task; and what ends a session.
   */
  collect<Case extends ReportCase>($case: Case, expected: ReportNumbers): Promise<ReportValue<Case>[]>;
}

export type ReportNumbers = { readonly step: number } | { readonly task: number };

/** Ranks follow worker ids, so that logs of two runs read alike. */
export function createTeam(ready: ReadonlyMap<WorkerLink, LoadedWorker>): Team {
  const links = [...ready.keys()].sort((a, b) => (a.workerId < b.workerId ? -1 : 1));
  const generation = FIRST_GENERATION;
  let tasks = 0;
  const team: Team = {
    generation,
    links,
    loaded: ready.get(links[0]!)!,
    phase: 'the start of the run',
    nextTask: () => ++tasks,
    tell(messageOf) {
      for (const [rank, link] of links.entries()) send(link, messageOf(rank));
    },
    async collect<Case extends ReportCase>($case: Case, expected: ReportNumbers): Promise<ReportValue<Case>[]> {
      const reports = links.map((link) => receive(link, $case, { generation, ...expected }));
      return (await Promise.all(reports)) as ReportValue<Case>[];
    },
  };
  const members = links.map(({ workerId, peerAddress }, rank) => ({ rank, workerId, peerAddress }));
  team.tell(() => ({ $case: 'membership', value: { generation, members } }));
  return team;
}

async function receive<Case extends ReportCase>(
  link: WorkerLink,
  $case: Case,
  expected: { readonly generation: number } & ReportNumbers,
): Promise<ReportValue<Case>> {
  const report = await link.inbox.next();
  const numbers = Object.entries(expected);
  const fields: Record<string, unknown> = { ...report?.value };
  const isExpected = numbers.every(([field, number]) => fields[field] === number);
  if (report?.$case === $case && isExpected) return report.value as ReportValue<Case>;
  const wanted = numbers.map(([field, number]) => `${field} ${number}`).join(', ');
  const message = `worker ${nameOf(link)} sent ${report?.$case ?? 'nothing'} where ${$case} of ${wanted} was due`;
  throw new ProspectError('PROTOCOL', message);
}
