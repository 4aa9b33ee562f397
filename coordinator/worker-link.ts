/** The coordinator's end of one worker's session. Numbers are never used twice: an old session is no newer one's. */
import { type AsyncQueue, createQueue } from '../core/async-queue.js';
import type { Join, SessionRequest, SessionResponse } from '../proto/gen/prospect/v1/coordinator.js';

export type Incoming = NonNullable<SessionRequest['message']>;
export type Outgoing = NonNullable<SessionResponse['message']>;

export interface WorkerLink {
  readonly session: number;
  readonly workerId: string;
  /** host:port of the worker's peer service. */
  readonly peerAddress: string;
  readonly outbox: AsyncQueue<SessionResponse>;
}

export function createLink(session: number, { workerId, peerAddress }: Join): WorkerLink {
  return { session, workerId, peerAddress, outbox: createQueue() };
}

/** The worker as messages name it. */
export function nameOf(link: Pick<WorkerLink, 'workerId' | 'peerAddress'>): string {
  return `${link.workerId} (${link.peerAddress})`;
}
