/** The Secrets of a run, from a folder that `prospect certs` made. Their keys are those of cert-manager. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1Secret } from '@kubernetes/client-node';
import { ProspectError } from '../../core/errors.js';
import { CONTROL_TOKEN, labelsOf, namesOf, type Part, RUN_TOKEN } from './names.js';

/** 256 bits. */
const TOKEN_BYTES = 32;

/** @param controlToken with which commands are given; one is made when undefined. @throws CONFIG_INVALID for a file that cannot be read. */
export async function secretsOf(run: string, folder: string, controlToken: string | undefined): Promise<V1Secret[]> {
  const read = (name: string) => readPart(join(folder, name));
  const names = namesOf(run);
  const certs = async (part: Part): Promise<V1Secret> =>
    secret(run, names.certs(part), {
      'ca.crt': await read('ca.pem'),
      'tls.crt': await read(`${part}.pem`),
      'tls.key': await read(`${part}.key`),
    });
  const control = controlToken ?? randomBytes(TOKEN_BYTES).toString('base64url');
  const token = secret(run, names.token, { [RUN_TOKEN]: await read('run.token'), [CONTROL_TOKEN]: control });
  return [await certs('coordinator'), await certs('worker'), token];
}

function secret(run: string, name: string, stringData: Record<string, string>): V1Secret {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, labels: labelsOf(run) }, type: 'Opaque', stringData };
}

async function readPart(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const remedy = 'Make the folder with prospect certs.';
    throw new ProspectError(
      'CONFIG_INVALID',
      `--certs: ${path} cannot be read: ${(cause as Error).message}. ${remedy}`,
      {
        cause,
      },
    );
  }
}
