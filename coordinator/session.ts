/** The Session RPC: admits a worker, then joins its stream to the membership in both directions. */
import { ProspectError } from '../core/errors.js';
import type { CoordinatorServiceImplementation, SessionRequest } from '../proto/gen/prospect/v1/coordinator.js';
import type { Membership } from './membership.js';
import type { WorkerLink } from './worker-link.js';

export function createSessionService(membership: Membership): CoordinatorServiceImplementation {
  return {
    async *session(requests) {
      const messages = requests[Symbol.asyncIterator]();
      const first = await messages.next();
      const message = first.done ? undefined : first.value.message;
      if (message?.$case !== 'join') throw new ProspectError('PROTOCOL', 'a session begins with a join message');
      const link = membership.admit(message.value);
      void readReports(messages, link, membership);
      yield* link.outbox;
    },
  };
}

/** Until the stream ends or breaks, which is the same to us: the worker is gone. */
async function readReports(
  messages: AsyncIterator<SessionRequest>,
  link: WorkerLink,
  membership: Membership,
): Promise<void> {
  try {
    for (let next = await messages.next(); !next.done; next = await messages.next()) {
      if (next.value.message) membership.receive(link, next.value.message);
    }
  } catch {
    // The reason that a broken stream gives (cancelled, reset) says no more than that it broke.
  }
  membership.left(link);
}
