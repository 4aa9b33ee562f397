/** Opening a port, with an error that a person can act on. */
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { ProspectError } from '../../core/errors.js';

// grpc-js prints a line of its own for every port that it cannot bind; our error says it.
setLogVerbosity(logVerbosity.NONE);

export interface Endpoint {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

/** A server of nice-grpc or of this project. */
export interface Listener {
  /** @param address host:port. @returns the port as bound. */
  listen(address: string): Promise<number>;
}

/** @returns host:port as bound. */
export async function listen(server: Listener, { host, port }: Endpoint): Promise<string> {
  try {
    return addressOf({ host, port: await server.listen(addressOf({ host, port })) });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const what = /EADDRINUSE/.test(reason) ? 'is in use by another process' : `cannot be listened on (${reason})`;
    const remedy = 'Choose another port, or port 0 for any free one, or end the process that has it.';
    throw new ProspectError('ADDRESS_IN_USE', `${addressOf({ host, port })} ${what}. ${remedy}`, { cause });
  }
}

function addressOf({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
