/** Reads a run's YAML file, with the environment and flags over it. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse, parseDocument } from 'yaml';
import { parseConfig } from '../core/config/parse.js';
import type { RunConfig } from '../core/config/schema.js';
import { isErrnoError, ProspectError } from '../core/errors.js';

export interface ConfigOverrides {
  /** `path=value` texts of --set flags. */
  readonly set?: readonly string[];
  /** Environment variables; PROSPECT_… ones that name a field count. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** @throws ProspectError CONFIG_INVALID: no such file, YAML syntax (with line and column), or mistakes in fields */
export async function loadConfig(
  file: string,
  { set = [], env = process.env }: ConfigOverrides = {},
): Promise<RunConfig> {
  const raw = parseYaml(await readText(file), file);
  const overrides = { environment: env, flags: set, parseValue: (text: string): unknown => parse(text) };
  return parseConfig(raw, overrides, { file: resolve(file), workingDirectory: process.cwd() });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = isErrnoError(error) && error.code === 'ENOENT' ? 'no such file' : (error as Error).message;
    throw new ProspectError('CONFIG_INVALID', `${file}: cannot read the configuration: ${reason}`, { cause: error });
  }
}

function parseYaml(text: string, file: string): unknown {
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length === 0) return document.toJS();
  const lines = document.errors.map((error) => {
    const place = error.linePos?.[0];
    const what = error.message.replace(/ at line \d+, column \d+:[\s\S]*$/, '');
    return `${file}:${place?.line ?? 1}:${place?.col ?? 1}: ${what}`;
  });
  throw new ProspectError('CONFIG_INVALID', `not valid YAML:\n  ${lines.join('\n  ')}`);
}
