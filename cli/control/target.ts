/** Which run a command is for, and how it is reached: its coordinator over gRPC, or NATS. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Argument, type Command, Option } from 'commander';
import { findCoordinator } from '../../coordinator/control/address.js';
import { readToken, TOKEN_FILE } from '../../coordinator/control/token.js';
import { readJournal } from '../../coordinator/journal/read-journal.js';
import { JOURNAL_FOLDER } from '../../coordinator/journal/segments.js';
import { summarize } from '../../coordinator/journal/summary.js';
import type { NatsConfig } from '../../core/config/nats.js';
import type { RunConfig } from '../../core/config/schema.js';
import { isErrnoError, ProspectError } from '../../core/errors.js';
import type { Security } from '../../proto/transport/security.js';
import { loadConfig } from '../load-config.js';
import { certsOption, loadSecurity } from '../security.js';

export type Target = { readonly token: string } & (
  | { readonly by: 'grpc' /** host:port. */; readonly address: string; readonly security: Security }
  | { readonly by: 'nats'; readonly nats: NatsConfig; readonly runId: string }
);

export interface TargetOptions {
  readonly coordinator?: string;
  readonly nats?: true;
  readonly run?: string;
  readonly tokenFile?: string;
  readonly certs?: string;
}

/** Adds the argument and the options that all commands for a running run share. */
export function aimed(command: Command): Command {
  return command
    .addArgument(new Argument('[output]', 'the run’s output folder, or its configuration (run.yaml)'))
    .addOption(new Option('--coordinator <host:port>', 'its coordinator, instead of the folder').conflicts('nats'))
    .addOption(new Option('--nats', 'over NATS, as the configuration names it'))
    .addOption(new Option('--run <id>', 'with --nats: its id, where its output folder is not on this machine'))
    .addOption(new Option('--token-file <file>', 'file with its control token; PROSPECT_TOKEN goes over the folder’s'))
    .addOption(certsOption())
    .addOption(new Option('--json', 'print one JSON object'));
}

/** @throws CONFIG_INVALID for a target that is not named, or twice; UNREACHABLE when no coordinator works on the folder. */
export async function findTarget(named: string | undefined, options: TargetOptions): Promise<Target> {
  const { coordinator } = options;
  if ((named === undefined) === (coordinator === undefined)) {
    const message =
      'name the run’s output folder or its configuration, or its coordinator (--coordinator host:port), one of both';
    throw new ProspectError('CONFIG_INVALID', message);
  }
  const config = named !== undefined && (await isFile(named)) ? await loadConfig(named) : undefined;
  const output = config?.output ?? named;
  const token = await findToken(output, config?.control.tokenFile, options);
  if (options.nats) return { by: 'nats', token, ...(await findOnNats(config, options.run)) };
  const security = await loadSecurity(options.certs, 'operator');
  return { by: 'grpc', token, security, address: coordinator ?? (await findCoordinator(output!)) };
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

async function findOnNats(config: RunConfig | undefined, run: string | undefined) {
  if (!config?.nats) {
    const message = '--nats needs the run’s configuration, with nats in it: prospect status run.yaml --nats';
    throw new ProspectError('CONFIG_INVALID', message);
  }
  return { nats: config.nats, runId: run ?? (await runIn(config.output)) };
}

async function runIn(output: string): Promise<string> {
  const { records } = await readJournal(join(output, JOURNAL_FOLDER));
  const { start } = summarize(records);
  if (start) return start.runId;
  const remedy = 'Name the run by its id (--run); runStarted and every other event has it.';
  throw new ProspectError('CONFIG_INVALID', `there is no run in ${output}. ${remedy}`);
}

/** '' when there is none: the coordinator then says what is missing. */
async function findToken(
  output: string | undefined,
  configured: string | undefined,
  { tokenFile }: TargetOptions,
): Promise<string> {
  if (tokenFile !== undefined) return readToken(tokenFile);
  const { PROSPECT_TOKEN } = process.env;
  if (PROSPECT_TOKEN) return PROSPECT_TOKEN;
  if (configured !== undefined) return readToken(configured);
  if (output === undefined) return '';
  return readToken(join(output, TOKEN_FILE)).catch((error: ProspectError) => {
    if (isErrnoError(error.cause) && error.cause.code === 'ENOENT') return '';
    throw error;
  });
}
