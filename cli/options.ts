/** Command-line options that several commands share. */
import { InvalidArgumentError, Option } from 'commander';
import { type Address, parseAddress } from '../core/config/address.js';

export function engineOption(): Option {
  return new Option('--engine <name>', 'tensor engine')
    .choices(['auto', 'tensorflow-gpu', 'tensorflow', 'wasm'])
    .default('auto');
}

export function threadsOption(): Option {
  return new Option('--threads <n>', 'compute threads').argParser(wholeNumber).default(1);
}

export function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw new InvalidArgumentError('It must be a whole number.');
  return number;
}

/** @throws InvalidArgumentError */
export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed)
    throw new InvalidArgumentError('It must be host:port, for instance 0.0.0.0:7700, or a port of this machine.');
  return parsed;
}

/** Over the configuration's `metrics.listen`. */
export function metricsOption(): Option {
  const what =
    'serves the page of the run (coordinator), /metrics for Prometheus, /healthz and /readyz there; a port alone is one of this machine only';
  return new Option('--metrics-listen <host:port>', what).argParser(address);
}

/** As if it had been written with --set. */
export function metricsSetting(listen: Address | undefined): string[] {
  return listen ? [`metrics.listen=${addressText(listen)}`] : [];
}

export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** For options that may be repeated. */
export function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}
