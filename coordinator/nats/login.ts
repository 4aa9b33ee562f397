/** How to reach NATS, from the configuration: files are read and variables looked up before anything is connected. */
import { readFile } from 'node:fs/promises';
import { type ConnectionOptions, credsAuthenticator } from '@nats-io/transport-node';
import type { NatsConfig } from '../../core/config/nats.js';
import { ProspectError } from '../../core/errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws CONFIG_INVALID for a file that can't be read, and a variable that is not set. */
export async function loginOf(nats: NatsConfig, environment: Environment): Promise<ConnectionOptions> {
  const { credentials, userVariable, passwordVariable, tokenVariable } = nats;
  const look = (field: string, name: string) => lookUp(field, name, environment);
  return {
    servers: [nats.servers].flat(),
    ...(credentials && { authenticator: credsAuthenticator(await read('credentials', credentials)) }),
    ...(userVariable && { user: look('userVariable', userVariable) }),
    ...(passwordVariable && { pass: look('passwordVariable', passwordVariable) }),
    ...(tokenVariable && { token: look('tokenVariable', tokenVariable) }),
    ...(nats.tls && { tls: await certificates(nats.tls) }),
  };
}

async function certificates(tls: NonNullable<NatsConfig['tls']>): Promise<Record<string, string>> {
  const loaded = Object.entries(tls).map(async ([name, path]): Promise<[string, string]> => {
    return [name, path ? (await read(`tls.${name}`, path)).toString() : ''];
  });
  return Object.fromEntries((await Promise.all(loaded)).filter(([, text]) => text !== ''));
}

async function read(field: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new ProspectError('CONFIG_INVALID', `nats.${field}: ${path} can't be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function lookUp(field: string, name: string, environment: Environment): string {
  const value = environment[name];
  if (value) return value;
  throw new ProspectError('CONFIG_INVALID', `nats.${field}: the environment variable ${name} is not set`);
}
