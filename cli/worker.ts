/** `prospect worker`: joins a run, from this machine or another. */
import { hostname } from 'node:os';
import { Command, Option } from 'commander';
import { ERROR_TABLE } from '../core/errors.js';
import type { Endpoint } from '../proto/transport/listen.js';
import { startCompute } from '../worker/compute/start.js';
import { engineEnvironment } from '../worker/engine/environment.js';
import { startTensorThread } from '../worker/tensors/start.js';
import { runWorker } from '../worker/worker.js';
import { interruptSignal } from './interrupt.js';
import { createLogger, defaultFormat, type LogFormat } from './logger.js';
import { metricsOption, wholeNumber } from './options.js';
import { certsOption, loadSecurity, requireSecurity } from './security.js';

interface Options {
  readonly coordinator: string[];
  readonly host: string;
  readonly certs?: string;
  readonly id: string;
  readonly model?: string;
  readonly connectTimeout: number;
  readonly metricsListen?: Endpoint;
  readonly logLevel: string;
  readonly logFormat: LogFormat;
}

export function workerCommand(): Command {
  return new Command('worker')
    .summary('join a training run as a worker')
    .description(
      'Joins the run of a coordinator, computes its part of every step, and leaves when the run is over. It may join at\n' +
        'any time. When the coordinator goes away the worker keeps what it has and waits for it. SIGTERM and Ctrl-C let\n' +
        'it leave in order (exit code 130), a second one ends it at once.',
    )
    .requiredOption(
      '--coordinator <host:port,…>',
      'where the coordinator listens; several where one leads and others stand by',
      (text: string) => text.split(','),
    )
    .option('--host <address>', 'address of this machine that the other workers reach', '127.0.0.1')
    .addOption(certsOption())
    .option('--id <name>', 'name of this worker in the run', `${hostname()}-${process.pid}`)
    .option('--model <folder>', 'where the base model lies here, if not where the configuration says')
    .option('--connect-timeout <seconds>', 'how long to wait for the coordinator at first', wholeNumber, 60)
    .addOption(metricsOption())
    .addOption(new Option('--log-level <level>').choices(['debug', 'info', 'warn', 'error']).default('info'))
    .addOption(new Option('--log-format <format>').choices(['pretty', 'json']).default(defaultFormat()))
    .addHelpText(
      'after',
      `
Examples:
  prospect worker --coordinator localhost:7700
  prospect worker --coordinator 10.0.0.5:7700 --host 10.0.0.6 --certs certs --model /models/smollm`,
    )
    .action(work);
}

async function work(options: Options): Promise<void> {
  const { id, coordinator, host, model, metricsListen, logLevel, logFormat } = options;
  const log = createLogger({ level: logLevel, format: logFormat, fields: { worker: id, pid: process.pid } });
  const security = await loadSecurity(options.certs, 'worker');
  requireSecurity('--host', host, security);
  const signal = interruptSignal();
  const life = runWorker({
    workerId: id,
    coordinators: coordinator,
    host,
    security,
    connectDeadlineMs: options.connectTimeout * 1000,
    override: model === undefined ? {} : { model },
    startCompute: (config) => startCompute(engineEnvironment(config.threads)),
    startTensors: startTensorThread,
    ...(metricsListen && { metrics: metricsListen }),
    random: Math.random,
    log,
    signal,
  });
  await life.catch((error: unknown) => {
    log.debug({ err: error }, 'the worker failed');
    throw error;
  });
  // The run goes on: whoever started this worker, and keeps so many of them, must not take it for done.
  if (signal.aborted) process.exitCode = ERROR_TABLE.INTERRUPTED.exitCode;
}
