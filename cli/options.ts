/** Command-line options that several commands share. */
import { InvalidArgumentError, Option } from 'commander';

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

/** For options that may be repeated. */
export function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}
