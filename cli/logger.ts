/** Logs through pino on stderr: coloured lines for a person at a terminal, JSON for everything else. */
import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';

export type LogFormat = 'pretty' | 'json';

export interface LoggerOptions {
  readonly level: string;
  readonly format?: LogFormat | undefined;
  /** Where lines go; stderr when left out. */
  readonly write?: (text: string) => void;
  /** Fields of every line, such as which worker it is. */
  readonly fields?: object;
}

export function createLogger(options: LoggerOptions): Logger {
  const { level, format = defaultFormat(), write = writeToStderr, fields = {} } = options;
  if (format === 'json') return pino({ level, base: fields }, { write });
  const destination = new Writable({
    write(chunk, _encoding, done) {
      write(String(chunk));
      done();
    },
  });
  const look = { colorize: true, translateTime: 'HH:MM:ss', singleLine: true, ignore: 'pid' };
  return pino({ level, base: fields }, PinoPretty({ ...look, destination, sync: true }));
}

export function defaultFormat(): LogFormat {
  return process.stderr.isTTY ? 'pretty' : 'json';
}

function writeToStderr(text: string): void {
  process.stderr.write(text);
}
