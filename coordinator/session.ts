/** The Session RPC: joins a worker's stream to the members in both directions. */
import { withResolvers } from '../core/async-queue.js';
import { ProspectError } from '../core/errors.js';
import {
  CoordinatorServiceDefinition,
  type Join,
  SessionRequest,
  SessionResponse,
} from '../proto/gen/prospect/v1/coordinator.js';
import {
  type DuplexCall,
  type DuplexMethod,
  type DuplexReceiver,
  decoded,
  prefixed,
} from '../proto/transport/duplex-call.js';
import type { Members } from './driver/members.js';
import type { Outgoing, WorkerLink } from './worker-link.js';

const { fullName, methods } = CoordinatorServiceDefinition;

export interface SessionService {
  /** For the server. */
  readonly method: DuplexMethod;
  /** Resolves when no session is open. */
  ended(): Promise<void>;
}

/** @param open the members; throws when the run is over. */
export function createSessionService(open: () => Members): SessionService {
  const calls = new Set<DuplexCall>();
  let quiet = withResolvers<void>();
  const path = `/${fullName}/${methods.session.name}`;
  return {
    method: {
      path,
      callers: 'members',
      open(call) {
        calls.add(call);
        return createSession(call, open, () => {
          calls.delete(call);
          if (calls.size > 0) return;
          quiet.resolve();
          quiet = withResolvers();
        });
      },
    },
    async ended() {
      if (calls.size > 0) await quiet.promise;
    },
  };
}

/** A message to all workers comes here once for each of them: it is turned into bytes once. */
let lastSent: { readonly message: Outgoing; readonly bytes: Buffer } | undefined;

function bytesOf(message: Outgoing): Buffer {
  if (lastSent?.message !== message) {
    lastSent = { message, bytes: prefixed(SessionResponse.encode({ message }).finish()) };
  }
  return lastSent.bytes;
}

function createSession(call: DuplexCall, open: () => Members, onEnd: () => void): DuplexReceiver {
  let session: { readonly members: Members; readonly link: WorkerLink } | undefined;
  const send = (message: Outgoing) => {
    // The next step's plan follows at once, where it was made ahead.
    if (message.$case === 'commit') call.sendSoon(bytesOf(message));
    else call.send(bytesOf(message));
  };
  const outbox = { send, end: call.end, fail: call.fail };
  const join = (message: Join) => {
    const members = open();
    session = { members, link: members.join(message, outbox) };
  };
  return {
    message(bytes) {
      const { message } = decoded(SessionRequest.decode, bytes);
      if (session) {
        if (message) session.members.receive(session.link, message);
      } else if (message?.$case === 'join') join(message.value);
      else throw new ProspectError('PROTOCOL', 'a session begins with a join message');
    },
    ended() {
      // Whether the stream ended or broke, the worker is gone.
      session?.members.left(session.link);
      call.end();
      onEnd();
    },
  };
}
