/** The open sessions by their number. */
import type { Join } from '../../proto/gen/prospect/v1/coordinator.js';
import type { Outbox, Outgoing, WorkerLink } from '../worker-link.js';

export interface Links {
  open(join: Join, outbox: Outbox): WorkerLink;
  get(session: number): WorkerLink | undefined;
  /** To a session that is gone: nothing happens. */
  send(session: number, message: Outgoing): void;
  /** Ends a session; with an error that its worker hears. What it still says is dropped. */
  close(session: number, error?: Error): void;
  closeAll(error?: Error): void;
}

export function createLinks(): Links {
  const links = new Map<number, WorkerLink>();
  let last = 0;
  const close = (session: number, error?: Error) => {
    const link = links.get(session);
    links.delete(session);
    if (error) link?.outbox.fail(error);
    else link?.outbox.end();
  };
  return {
    open({ workerId, peerAddress }, outbox) {
      const link = { session: ++last, workerId, peerAddress, outbox };
      links.set(link.session, link);
      return link;
    },
    get: (session) => links.get(session),
    send: (session, message) => links.get(session)?.outbox.send(message),
    close,
    closeAll(error) {
      for (const session of links.keys()) close(session, error);
    },
  };
}
