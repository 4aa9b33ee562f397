/** Noticing that the other end of a connection has stopped: pings that must be answered while calls are running. */
import { ProspectError } from '../../core/errors.js';
import { KEEPALIVE_ANSWER_MS, KEEPALIVE_MS } from './channel-options.js';

/**
 * The wait for an answer is counted in looks, none of them longer than this, so that a process that stood still itself,
 * or got round to nothing, does not blame the other end: the answer may lie in its own socket.
 */
const LOOK_MS = 200;
const LONGEST_LOOK_MS = 2 * LOOK_MS;

/** A connection of this project's HTTP/2, or a session of Node's. */
export interface Pinged {
  readonly destroyed?: boolean;
  ping(answered: () => void): unknown;
  destroy(reason: Error): void;
  on(event: 'close', listener: () => void): unknown;
}

/** @returns call when a call starts; its result when the call is over. */
export function keepAlive(connection: Pinged): () => () => void {
  let calls = 0;
  let nextLook: NodeJS.Timeout | undefined;
  const answered = () => {
    clearTimeout(nextLook);
    nextLook = undefined;
  };
  const look = (leftMs: number): void => {
    const beforeMs = performance.now();
    const lookAgain = () => {
      const left = leftMs - Math.min(performance.now() - beforeMs, LONGEST_LOOK_MS);
      if (left > 0) look(left);
      else connection.destroy(new ProspectError('WORKER_LOST', `no answer to a ping in ${KEEPALIVE_ANSWER_MS} ms`));
    };
    nextLook = setTimeout(lookAgain, Math.min(LOOK_MS, leftMs)).unref();
  };
  const timer = setInterval(() => {
    if (calls === 0 || nextLook || connection.destroyed) return;
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
