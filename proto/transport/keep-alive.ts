/** Noticing that the other end of a connection has stopped: pings that must be answered while calls are running. */
import type { Http2Session } from 'node:http2';
import { ProspectError } from '../../core/errors.js';
import { KEEPALIVE_ANSWER_MS, KEEPALIVE_MS } from './channel-options.js';

/** @returns call when a call starts; its result when the call is over. */
export function keepAlive(session: Http2Session): () => () => void {
  let calls = 0;
  let answerDue: NodeJS.Timeout | undefined;
  const giveUp = () =>
    session.destroy(new ProspectError('WORKER_LOST', `no answer to a ping in ${KEEPALIVE_ANSWER_MS} ms`));
  const answered = () => {
    clearTimeout(answerDue);
    answerDue = undefined;
  };
  const timer = setInterval(() => {
    if (calls === 0 || answerDue || session.destroyed) return;
    answerDue = setTimeout(giveUp, KEEPALIVE_ANSWER_MS).unref();
    if (session.connecting) session.once('connect', answered);
    else session.ping(answered);
  }, KEEPALIVE_MS).unref();
  session.on('close', () => {
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
