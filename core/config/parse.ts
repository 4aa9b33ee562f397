/**
 * From what a person wrote to the run's configuration: flag over environment over file over default, checked as a
 * whole. All mistakes are reported together, each with its path.
 */
import { dirname } from 'node:path';
import type { z } from 'zod';
import { ProspectError } from '../errors.js';
import { crossCheck } from './cross-checks.js';
import { mistakesOf } from './issues.js';
import { type Overrides, overrideLayer } from './overrides.js';
import { withAbsolutePaths } from './paths.js';
import { type RunConfig, RunConfigSchema } from './schema.js';
import { deepFreeze, isTree, merged, withoutNulls } from './tree.js';

export interface ConfigOrigin {
  /** The YAML file, absolute: relative paths in it count from its folder. */
  readonly file: string;
  /** Relative paths from flags and the environment count from here. */
  readonly workingDirectory: string;
}

/**
 * @param raw the parsed file
 * @throws ProspectError CONFIG_INVALID with one line a mistake
 */
export function parseConfig(raw: unknown, overrides: Overrides, where: ConfigOrigin): RunConfig {
  if (raw !== null && raw !== undefined && !isTree(raw)) {
    throw new ProspectError(
      'CONFIG_INVALID',
      `${where.file}: must hold fields (model: …, output: …), not ${kindOf(raw)}`,
    );
  }
  const layer = overrideLayer(overrides);
  const fromFile = withAbsolutePaths(withoutNulls(raw ?? {}), dirname(where.file));
  const fromOutside = withAbsolutePaths(layer.tree, where.workingDirectory);
  const written = withoutNulls(merged(fromFile, fromOutside));
  const parsed = RunConfigSchema.safeParse(written);
  const issues: readonly z.core.$ZodIssue[] = parsed.success ? [] : parsed.error.issues;
  const mistakes = [...mistakesOf(issues, written, layer.sources), ...crossCheck(written), ...layer.mistakes];
  if (!parsed.success || mistakes.length > 0) throw invalid(where.file, mistakes);
  return deepFreeze(parsed.data);
}

function invalid(file: string, mistakes: readonly string[]): ProspectError {
  const count = mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`;
  const lines = mistakes.map((mistake) => `  ${mistake}`).join('\n');
  return new ProspectError('CONFIG_INVALID', `${file}: ${count} in the configuration\n${lines}`);
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'a list' : JSON.stringify(value);
}
