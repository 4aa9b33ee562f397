/** Noticing that the other end of a connection has stopped: pings that must be answered while calls are running. */
import { ProspectError } from '../../core/errors.js';
import { KEEPALIVE_ANSWER_MS, KEEPALIVE_MS } from './channel-options.js';
import type { Connection } from './http2/connection.js';

/**
 * The wait for an answer is counted in looks, none of which counts more than this, and before each the sockets are read:
 * a process that stood still itself, or gets round to little, does not blame the other end.
 */
const LOOK_MS = 200;

/** @returns call when a call starts; its result when the call is over. */
export function keepAlive(connection: Pick<Connection, 'isGreeted' | 'ping' | 'destroy' | 'on'>): () => () => void {
  let calls = 0;
  let isWaiting = false;
  let nextLook: NodeJS.Timeout | undefined;
  const answered = () => {
    isWaiting = false;
    clearTimeout(nextLook);
  };
  const look = (leftMs: number): void => {
    const lookMs = Math.min(LOOK_MS, leftMs);
    const lookAgain = () => {
      if (!isWaiting) return;
      if (leftMs > lookMs) look(leftMs - lookMs);
      else connection.destroy(new ProspectError('WORKER_LOST', `no answer to a ping in ${KEEPALIVE_ANSWER_MS} ms`));
    };
    // Immediates come after the sockets.
    nextLook = setTimeout(() => setImmediate(lookAgain), lookMs).unref();
  };
  const timer = setInterval(() => {
    if (calls === 0 || isWaiting || !connection.isGreeted()) return;
    isWaiting = true;
    look(KEEPALIVE_ANSWER_MS);
    connection.ping(answered);
  }, KEEPALIVE_MS).unref();
  connection.on('close', () => {
    clearInterval(timer);
    answered();
  });
  return () => {
    calls += 1;
    return () => {
      calls -= 1;
    };
  };
}
