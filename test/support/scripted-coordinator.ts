/** A coordinator that says what a test tells it to, over real gRPC, so that a worker's every answer can be looked at. */
import { type CallContext, createServer } from 'nice-grpc';
import { type AsyncQueue, createQueue } from '../../core/async-queue.js';
import {
  CoordinatorServiceDefinition,
  type Join,
  type SessionRequest,
  type SessionResponse,
} from '../../proto/gen/prospect/v1/coordinator.js';
import { StateServiceDefinition, type StateServiceImplementation } from '../../proto/gen/prospect/v1/state.js';
import { CONTROL_OPTIONS } from '../../proto/transport/channel-options.js';
import { listen } from '../../proto/transport/listen.js';
import { sendErrors } from './send-errors.js';

type Report = NonNullable<SessionRequest['message']>;
type Message = NonNullable<SessionResponse['message']>;
type ValueOf<Union extends { $case: string; value: unknown }, Case> = Extract<Union, { $case: Case }>['value'];

export interface ScriptedSession {
  readonly join: Join;
  send<Case extends Message['$case']>($case: Case, value: ValueOf<Message, Case>): void;
  /** The next report of this kind; reports of other kinds stay for those who ask for them. */
  next<Case extends Report['$case']>($case: Case): Promise<ValueOf<Report, Case>>;
  /** Kinds of the reports that came and nobody asked for, without heartbeats. */
  unread(): string[];
  /** Ends the stream, with an error or without a word. */
  end(error?: Error): void;
  /** Resolves when the worker has closed the session. */
  readonly closed: Promise<void>;
}

export interface ScriptedCoordinator {
  /** host:port. */
  readonly address: string;
  /** The next session that a worker opens. */
  session(workerId?: string): Promise<ScriptedSession>;
  /** Every connection breaks, as when the process is killed. */
  kill(): void;
}

/** @param port 0 for any free one; the former one to come back after `kill`. */
export async function scriptedCoordinator(port = 0, state?: StateServiceImplementation): Promise<ScriptedCoordinator> {
  const opened = new Map<string, AsyncQueue<ScriptedSession>>();
  const openedBy = (workerId: string) => {
    const queue = opened.get(workerId) ?? createQueue<ScriptedSession>();
    opened.set(workerId, queue);
    return queue;
  };
  const server = createServer(CONTROL_OPTIONS).use(sendErrors);
  server.add(CoordinatorServiceDefinition, {
    async *session(requests: AsyncIterable<SessionRequest>, { signal }: CallContext) {
      const responses = createQueue<SessionResponse>();
      signal.addEventListener('abort', () => responses.end(), { once: true });
      const session = await openSession(requests, responses);
      openedBy(session.join.workerId).push(session);
      yield* responses;
    },
  });
  if (state) server.add(StateServiceDefinition, state);
  const address = await listen(server, { host: '127.0.0.1', port });
  return {
    address,
    session: async (workerId = 'a') => (await openedBy(workerId).next())!,
    kill: () => server.forceShutdown(),
  };
}

export function portOf({ address }: ScriptedCoordinator): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

async function openSession(
  requests: AsyncIterable<SessionRequest>,
  responses: AsyncQueue<SessionResponse>,
): Promise<ScriptedSession> {
  const reports = new Map<string, AsyncQueue<unknown>>();
  const unread: string[] = [];
  const of = ($case: string) => {
    const queue = reports.get($case) ?? createQueue<unknown>();
    reports.set($case, queue);
    return queue;
  };
  const join = createQueue<Join>();
  const read = async () => {
    for await (const { message } of requests) {
      if (message?.$case === 'join') join.push(message.value);
      else if (message) {
        of(message.$case).push(message.value);
        if (message.$case !== 'heartbeat') unread.push(message.$case);
      }
    }
  };
  const closed = read().catch(() => undefined);
  return {
    join: (await join.next())!,
    send: ($case, value) => responses.push({ message: { $case, value } as Message }),
    next: async ($case) => {
      const value = await of($case).next();
      const index = unread.indexOf($case);
      if (index >= 0) unread.splice(index, 1);
      return value as never;
    },
    unread: () => unread,
    end: (error) => (error ? responses.fail(error) : responses.end()),
    closed,
  };
}
