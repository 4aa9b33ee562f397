/** Noticing that the other end of a connection has stopped: pings that must be answered while calls are running. */
import { ProspectError } from '../../core/errors.js';
import { KEEPALIVE_ANSWER_MS, KEEPALIVE_MS } from './channel-options.js';

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
  let answerDue: NodeJS.Timeout | undefined;
  const giveUp = () =>
    connection.destroy(new ProspectError('WORKER_LOST', `no answer to a ping in ${KEEPALIVE_ANSWER_MS} ms`));
  const answered = () => {
    clearTimeout(answerDue);
    answerDue = undefined;
  };
  const timer = setInterval(() => {
    if (calls === 0 || answerDue || connection.destroyed) return;
    answerDue = setTimeout(giveUp, KEEPALIVE_ANSWER_MS).unref();
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
