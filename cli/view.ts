/** `prospect view` and `prospect compare`: the page of runs that are over, from what they left in their folders. */
import { basename, resolve } from 'node:path';
import { Command } from 'commander';
import { pageRoutes } from '../coordinator/web/page-routes.js';
import { readRecordedRun } from '../coordinator/web/recorded-run.js';
import { ProspectError } from '../core/errors.js';
import { isLoopback } from '../core/loopback.js';
import { serveHttp } from '../proto/http/serve.js';
import type { Endpoint } from '../proto/transport/listen.js';
import { interruptSignal } from './interrupt.js';
import { address } from './options.js';

interface Options {
  readonly listen: Endpoint;
}

export function viewCommand(): Command {
  return withListen(new Command('view'))
    .summary('the page of a run that is over')
    .description('Serves the page of a run from its output folder: curves, timeline, evaluations, configuration.')
    .argument('<output>', 'the run’s output folder')
    .addHelpText('after', '\nExample:\n  prospect view out')
    .action((folder: string, options: Options) => serve([folder], options));
}

export function compareCommand(): Command {
  return withListen(new Command('compare'))
    .summary('the curves of several runs laid over each other')
    .description('Serves a page with the curves of several runs laid over each other, and the settings that differ.')
    .argument('<outputs...>', 'output folders of the runs, two or more')
    .addHelpText('after', '\nExample:\n  prospect compare out out-lower-beta')
    .action(compare);
}

async function compare(folders: string[], options: Options): Promise<void> {
  if (folders.length < 2) {
    throw new ProspectError('CONFIG_INVALID', 'compare takes two runs or more; for one, take: prospect view');
  }
  await serve(folders, options);
}

function withListen(command: Command): Command {
  return command.option('--listen <host:port>', 'where it is served; port 0 takes any free one', address, {
    host: '127.0.0.1',
    port: 0,
  });
}

async function serve(folders: readonly string[], { listen }: Options): Promise<void> {
  const token = process.env.PROSPECT_TOKEN;
  if (!isLoopback(listen.host) && !token) {
    const remedy = 'Set PROSPECT_TOKEN, which the page then asks for, or leave --listen out.';
    throw new ProspectError('CONFIG_INVALID', `${listen.host} can be reached from other machines. ${remedy}`);
  }
  const names = namesOf(folders);
  const runs = await Promise.all(folders.map((folder, i) => readRecordedRun(folder, names[i]!)));
  const access = { host: listen.host, token: () => token };
  const routes = pageRoutes({ access, runs: () => runs, live: undefined });
  const server = await serveHttp(listen, routes, { onError: (error) => process.stderr.write(`${error.message}\n`) });
  process.stdout.write(`Open http://${server.address}/ in a browser; Ctrl-C ends this.\n`);
  const signal = interruptSignal();
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await server.close();
}

/** Their last parts, where those tell them apart. */
function namesOf(folders: readonly string[]): readonly string[] {
  const short = folders.map((folder) => basename(resolve(folder)));
  return new Set(short).size === short.length ? short : folders;
}
