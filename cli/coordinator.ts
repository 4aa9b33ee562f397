/** `prospect coordinator`: the half of a run that owns data and time; workers join it from anywhere. */
import { Command, Option } from 'commander';
import type { Endpoint } from '../proto/transport/listen.js';
import { hostRun } from './host-run.js';
import { interruptSignal } from './interrupt.js';
import { loadConfig } from './load-config.js';
import { address, collect, metricsOption, metricsSetting } from './options.js';
import { allowOption, overwriteOption, type ResumeFlags, resumeOptions } from './resume-options.js';
import { certsOption, loadSecurity, requireSecurity } from './security.js';
import { hostSupervised, type Restarted } from './supervised.js';

interface Options extends Omit<ResumeFlags, 'resume'> {
  readonly listen: Endpoint;
  readonly set: string[];
  readonly certs?: string;
  readonly metricsListen?: Endpoint;
  readonly standby?: true;
  readonly restarted?: Restarted;
  readonly json?: true;
}

export function coordinatorCommand(): Command {
  return new Command('coordinator')
    .summary('run the coordinator of a training run that workers join')
    .description(
      'Reads the rows, waits for workers and drives the run; they may come and go. The result is saved on this machine.\n' +
        'Started again on the same output folder, it goes on with an unfinished run. SIGUSR1 takes a snapshot; SIGTERM\n' +
        'and Ctrl-C take one and end.',
    )
    .argument('<run.yaml>', 'the configuration')
    .option('--listen <host:port>', 'where workers reach it; port 0 takes any free one', address, {
      host: '127.0.0.1',
      port: 7700,
    })
    .option('--standby', 'while another coordinator leads this run, waits and takes over when that is gone')
    .option('--set <path=value>', 'overrides a field of the configuration; may be repeated', collect, [])
    .addOption(certsOption())
    .addOption(metricsOption())
    .addOption(
      new Option(
        '--restarted <when>',
        'something starts it again when it ends (Kubernetes, systemd): on SIGTERM workers then wait for the next one, and\n' +
          'a run that is over is not trained anew; always: it also stays until SIGTERM',
      ).choices(['always', 'on-failure']),
    )
    .addOption(overwriteOption())
    .addOption(allowOption())
    .option('--json', 'prints the result as one JSON object on stdout; progress goes to stderr')
    .addHelpText(
      'after',
      `
Examples:
  prospect coordinator run.yaml
  prospect coordinator run.yaml --listen 0.0.0.0:7700 --certs certs --set workers=8
  prospect coordinator run.yaml --metrics-listen 9464
  prospect worker --coordinator localhost:7700      (in another terminal, once for each worker)
  prospect coordinator run.yaml --listen 0.0.0.0:7700 --certs certs --standby      (on two machines, one output folder)
  prospect worker --coordinator first:7700,second:7700 --certs certs`,
    )
    .action(coordinate);
}

async function coordinate(file: string, options: Options): Promise<void> {
  const { listen, set, standby, certs, metricsListen, restarted, json, ...flags } = options;
  const security = await loadSecurity(certs, 'coordinator');
  requireSecurity('--listen', listen.host, security);
  const config = await loadConfig(file, { set: [...set, ...metricsSetting(metricsListen)] });
  const signal = interruptSignal();
  const host = (isSupervised: boolean) =>
    hostRun({
      config,
      resume: resumeOptions(flags, 'automatic'),
      endpoint: listen,
      security,
      standby: standby === true,
      workersMayBeThere: true,
      isSupervised,
      json: json === true,
      signal,
      during: (run) => run.finished,
    });
  await (restarted ? hostSupervised(config, { restarted, signal }, () => host(true)) : host(false));
}
