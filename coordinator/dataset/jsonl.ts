/**
 * The lines of a JSONL file, one at a time. Lines end at \n alone: Node's readline also splits at U+2028, which JSON
 * allows inside strings.
 */
import { createReadStream } from 'node:fs';
import { ProspectError } from '../../core/errors.js';

export interface JsonLine {
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
}

/** @throws ProspectError DATA_INVALID when the file cannot be read */
export async function* readLines(file: string): AsyncGenerator<JsonLine> {
  let line = 0;
  let unfinished = '';
  for await (const chunk of readText(file)) {
    const pieces = (unfinished + chunk).split('\n');
    unfinished = pieces.pop()!;
    for (const text of pieces) {
      line++;
      if (text.trim() !== '') yield { text, line };
    }
  }
  if (unfinished.trim() !== '') yield { text: unfinished, line: line + 1 };
}

async function* readText(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  try {
    for await (const bytes of createReadStream(file)) yield decoder.decode(bytes as Buffer, { stream: true });
  } catch (error) {
    throw unreadable(file, error);
  }
}

export function unreadable(file: string, cause: unknown): ProspectError {
  const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (cause as Error).message;
  return new ProspectError('DATA_INVALID', `${file}: cannot read the feedback rows: ${reason}`, { cause });
}
