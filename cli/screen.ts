/** One terminal for two streams: log lines go to stderr, but above the progress bar while there is one on stdout. */
import type { ProgressStream } from '../coordinator/metrics/progress.js';

const ERASE_LINE = '\r\u001b[2K';

export interface Screen {
  readonly humanLines: ProgressStream;
  writeLog(text: string): void;
}

export function createScreen({ humanLines }: { humanLines: NodeJS.WriteStream }): Screen {
  if (!humanLines.isTTY || !process.stderr.isTTY) {
    return { humanLines, writeLog: (text) => void process.stderr.write(text) };
  }
  // What stands on the last line: the bar, until a newline follows it.
  let bar = '';
  return {
    humanLines: {
      isTTY: true,
      get columns() {
        return humanLines.columns;
      },
      write(text: string) {
        humanLines.write(text);
        bar = (bar + text).split(/[\n\r]/).at(-1) ?? '';
      },
    },
    writeLog(text) {
      process.stderr.write(`${ERASE_LINE}${text}${bar}`);
    },
  };
}
