/** Which run a command is for: the folder of one on this machine, or the address of its coordinator. */
import { join } from 'node:path';
import { Argument, type Command, Option } from 'commander';
import { findCoordinator } from '../../coordinator/control/address.js';
import { readToken, TOKEN_FILE } from '../../coordinator/control/token.js';
import { isErrnoError, ProspectError } from '../../core/errors.js';

export interface Target {
  /** host:port. */
  readonly address: string;
  readonly token: string;
}

export interface TargetOptions {
  readonly coordinator?: string;
  readonly tokenFile?: string;
}

/** Adds the argument and the options that all commands for a running run share. */
export function aimed(command: Command): Command {
  return command
    .addArgument(new Argument('[output]', 'the run’s output folder'))
    .addOption(new Option('--coordinator <host:port>', 'its coordinator, instead of the folder'))
    .addOption(new Option('--token-file <file>', 'file with its control token; PROSPECT_TOKEN goes over the folder’s'))
    .addOption(new Option('--json', 'print one JSON object'));
}

/** @throws CONFIG_INVALID for a target that is not named, or twice; UNREACHABLE when no coordinator works on the folder. */
export async function findTarget(output: string | undefined, options: TargetOptions): Promise<Target> {
  const { coordinator } = options;
  if ((output === undefined) === (coordinator === undefined)) {
    const message = 'name the run’s output folder, or its coordinator (--coordinator host:port), one of both';
    throw new ProspectError('CONFIG_INVALID', message);
  }
  const address = coordinator ?? (await findCoordinator(output!));
  return { address, token: await findToken(output, options) };
}

/** '' when there is none: the coordinator then says what is missing. */
async function findToken(output: string | undefined, { tokenFile }: TargetOptions): Promise<string> {
  if (tokenFile !== undefined) return readToken(tokenFile);
  const { PROSPECT_TOKEN } = process.env;
  if (PROSPECT_TOKEN) return PROSPECT_TOKEN;
  if (output === undefined) return '';
  return readToken(join(output, TOKEN_FILE)).catch((error: ProspectError) => {
    if (isErrnoError(error.cause) && error.cause.code === 'ENOENT') return '';
    throw error;
  });
}
