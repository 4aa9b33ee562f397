/** Certificates and token of a process that takes part in a run over a network: a folder as `prospect certs` makes it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Option } from 'commander';
import { ProspectError } from '../core/errors.js';
import { isLoopback } from '../core/loopback.js';
import type { Role } from '../core/roles.js';
import type { Security } from '../proto/transport/security.js';

export function certsOption(): Option {
  return new Option(
    '--certs <folder>',
    'certificates and token as made by prospect certs; needed when anything listens beyond this machine',
  ).env('PROSPECT_CERTS');
}

/** @throws CONFIG_INVALID for a file that is missing or empty. */
export async function loadSecurity(folder: string | undefined, role: Role): Promise<Security> {
  if (folder === undefined) return {};
  const read = (name: string) => readPart(join(folder, name));
  const [ca, certificate, key, token] = await Promise.all([
    read('ca.pem'),
    read(`${role}.pem`),
    read(`${role}.key`),
    read('run.token'),
  ]);
  return { tls: { ca, certificate, key }, token };
}

async function readPart(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw unusable(`${path} can't be read: ${cause.message}`, cause);
  });
  if (text.trim() === '') throw unusable(`${path} is empty`);
  return text.trim();
}

function unusable(what: string, cause?: Error): ProspectError {
  const message = `--certs: ${what}. Make the folder with prospect certs, or copy its files here.`;
  return new ProspectError('CONFIG_INVALID', message, { cause });
}

/** @param flag that names the host. @throws CONFIG_INVALID for an address that others reach, without certificates. */
export function requireSecurity(flag: string, host: string, { tls }: Security): void {
  if (tls || isLoopback(host)) return;
  throw new ProspectError(
    'CONFIG_INVALID',
    `${flag} ${host} can be reached from other machines, so certificates and a token are needed: make them with ` +
      '`prospect certs --output certs` and name the folder with --certs (or PROSPECT_CERTS), here and at every worker.',
  );
}
