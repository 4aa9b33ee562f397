/** The coordinator's end of one worker's session: two queues, joined to the stream by the Session RPC. */
import { type AsyncQueue, createQueue } from '../core/async-queue.js';
import type { Join, SessionRequest, SessionResponse } from '../proto/gen/prospect/v1/coordinator.js';

export type Incoming = NonNullable<SessionRequest['message']>;
export type Outgoing = NonNullable<SessionResponse['message']>;
/** Messages that answer one of ours in the course of a run. */
export type Report = Exclude<Incoming, { $case: 'join' | 'ready' | 'failure' }>;
export type ReportCase = Report['$case'];
export type ReportValue<Case extends ReportCase> = Extract<Report, { $case: Case }>['value'];

export interface WorkerLink {
  readonly workerId: string;
  /** host:port of the worker's peer service. */
  readonly peerAddress: string;
  readonly inbox: AsyncQueue<Report>;
  readonly outbox: AsyncQueue<SessionResponse>;
}

export function createLink({ workerId, peerAddress }: Join): WorkerLink {
  return { workerId, peerAddress, inbox: createQueue(), outbox: createQueue() };
}

export function send(link: WorkerLink, message: Outgoing): void {
  link.outbox.push({ message });
}

/** The worker as messages name it. */
export function nameOf(link: Pick<WorkerLink, 'workerId' | 'peerAddress'>): string {
  return `${link.workerId} (${link.peerAddress})`;
}
