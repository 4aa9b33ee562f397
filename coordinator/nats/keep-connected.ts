/** A connection to NATS that is opened again however often it breaks, for what goes on as long as the run does. */
import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;

export interface KeepConnectedOptions {
  connect(): Promise<NatsConnection>;
  /** Works until the signal is aborted, or throws when the connection is of no more use. @param works call when it is. */
  use(connection: NatsConnection, works: () => void): Promise<void>;
  onAway(error: unknown): void;
  readonly signal: AbortSignal;
}

/** Resolves when the signal is aborted and the last connection closed. */
export async function keepConnected({ connect, use, onAway, signal }: KeepConnectedOptions): Promise<void> {
  let waitMs = FIRST_WAIT_MS;
  const works = () => {
    waitMs = FIRST_WAIT_MS;
  };
  while (!signal.aborted) {
    let connection: NatsConnection | undefined;
    try {
      connection = await connect();
      await use(connection, works);
    } catch (error) {
      onAway(error);
    }
    await connection?.close().catch(() => undefined);
    await delay(waitMs, undefined, { signal }).catch(() => undefined);
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
  }
}
