/** `prospect certs`: certificates and a token for a run whose machines do not share a certificate authority yet. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { ProspectError } from '../core/errors.js';
import { ROLES } from '../core/roles.js';
import { type IssuedAll, issueCertificates } from './certificates/issue.js';
import { collect, wholeNumber } from './options.js';

interface Options {
  readonly output: string;
  readonly host: string[];
  readonly days: number;
}

/** Bytes of the run token: nobody guesses 256 bits. */
const TOKEN_BYTES = 32;
/** Only its owner reads a key or a token. */
const SECRET_MODE = 0o600;

export function certsCommand(): Command {
  return new Command('certs')
    .summary('certificates and a token for a run over a network')
    .description(
      'Makes a small certificate authority, a certificate each for the coordinator, the workers and whoever gives\n' +
        'commands, and the token with which workers join. Copy ca.pem, worker.pem, worker.key and run.token to the\n' +
        'machines of workers; keep ca.key to yourself.',
    )
    .requiredOption('-o, --output <folder>', 'folder for the files; it must not exist yet')
    .option('--host <name>', 'name or address under which browsers reach the coordinator; may be repeated', collect, [])
    .option('--days <n>', 'how long they are good', wholeNumber, 365)
    .addHelpText('after', '\nExample:\n  prospect certs --output certs --host train.example.com')
    .action(makeCertificates);
}

async function makeCertificates({ output, host, days }: Options): Promise<void> {
  if (existsSync(output)) {
    throw new ProspectError('CONFIG_INVALID', `--output ${output} exists already. Name a new folder.`);
  }
  const issued = await issueCertificates({ hosts: host, days, nowMs: Date.now() });
  await writeFolder(output, issued);
  process.stdout.write(`${listing(output)}\n`);
}

/** Whole or not at all. */
async function writeFolder(folder: string, issued: IssuedAll): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  try {
    await mkdir(unfinished, { recursive: true, mode: 0o700 });
    for (const [name, { certificate, key }] of Object.entries(issued)) {
      await writeFile(join(unfinished, `${name}.pem`), certificate);
      await writeFile(join(unfinished, `${name}.key`), key, { mode: SECRET_MODE });
    }
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    await writeFile(join(unfinished, 'run.token'), `${token}\n`, { mode: SECRET_MODE });
    await rename(unfinished, folder);
  } catch (cause) {
    await rm(unfinished, { recursive: true, force: true });
    throw new ProspectError('STORAGE', `${folder} can't be written: ${(cause as Error).message}`, { cause });
  }
}

function listing(folder: string): string {
  const roles = ROLES.map((role) => `  ${role}.pem, ${role}.key`);
  return [`${folder}:`, '  ca.pem, ca.key', ...roles, '  run.token'].join('\n');
}
