/** The coordinator's end of one worker's session. Numbers are never used twice: an old session is no newer one's. */
import type { SessionRequest, SessionResponse } from '../proto/gen/prospect/v1/coordinator.js';

export type Incoming = NonNullable<SessionRequest['message']>;
export type Outgoing = NonNullable<SessionResponse['message']>;

/** The way to a worker. Nothing happens once it has ended. */
export interface Outbox {
  send(message: Outgoing): void;
  end(): void;
  /** Ends it with an error that the worker hears. */
  fail(error: Error): void;
}

export interface WorkerLink {
  readonly session: number;
  readonly workerId: string;
  /** host:port of the worker's peer service. */
  readonly peerAddress: string;
  readonly outbox: Outbox;
}

/** The worker as messages name it. */
export function nameOf(link: Pick<WorkerLink, 'workerId' | 'peerAddress'>): string {
  return `${link.workerId} (${link.peerAddress})`;
}
