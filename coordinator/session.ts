/** The Session RPC: joins a worker's stream to the members in both directions. */
import { ProspectError } from '../core/errors.js';
import type { SessionRequest } from '../proto/gen/prospect/v1/coordinator.js';
import type { Members } from './driver/members.js';
import type { SessionServiceImplementation } from './session-definition.js';
import type { WorkerLink } from './worker-link.js';

/** @param open the members; throws when the run is over. */
export function createSessionService(open: () => Members): SessionServiceImplementation {
  return {
    async *session(requests, { signal }) {
      const messages = requests[Symbol.asyncIterator]();
      const first = await messages.next();
      const message = first.done ? undefined : first.value.message;
      if (message?.$case !== 'join') throw new ProspectError('PROTOCOL', 'a session begins with a join message');
      const members = open();
      const link = members.join(message.value);
      // A broken connection shows here first, whatever is still to be sent.
      signal.addEventListener('abort', () => members.left(link));
      void readReports(messages, link, members);
      yield* link.outbox;
    },
  };
}

/** Until the stream ends or breaks, which is the same to us: the worker is gone. */
async function readReports(messages: AsyncIterator<SessionRequest>, link: WorkerLink, members: Members): Promise<void> {
  try {
    for (let next = await messages.next(); !next.done; next = await messages.next()) {
      if (next.value.message) members.receive(link, next.value.message);
    }
  } catch {
    // The reason that a broken stream gives (cancelled, reset) says no more than that it broke.
  }
  members.left(link);
}
