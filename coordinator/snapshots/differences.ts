/** Is it still the same run? What differs between a snapshot and what is about to go on from it, and what may. */
import { nearestField } from '../../core/config/did-you-mean.js';
import { CONFIG_FIELDS } from '../../core/config/fields.js';
import { isTree } from '../../core/config/tree.js';
import { ProspectError } from '../../core/errors.js';
import { type EngineFingerprint, fingerprintDifferences } from '../../core/fingerprint.js';
import { FREE_FIELDS, isNamed } from './free-fields.js';

/** A saved snapshot's state is one. What is not known yet (workers tell model and engine) is not compared. */
export interface RunIdentity {
  /** Resolved, with every default. */
  readonly config: object;
  readonly datasetDigest?: string;
  readonly modelDigest?: string;
  readonly engine?: EngineFingerprint;
}

export interface Difference {
  /** By which `--allow` names it: a field's path, data, model or engine. */
  readonly name: string;
  /** For a person. */
  readonly saved: string;
  readonly current: string;
}

/** Names beside the configuration's fields. */
const OTHER_NAMES = ['data', 'model', 'engine'];

/** Differences that can change a bit of the result, in the order of the configuration's fields, then the digests. */
export function differencesOf(saved: RunIdentity, current: RunIdentity): Difference[] {
  const fields = fieldDifferences(saved.config, current.config, '').filter(
    ({ name }) => !isNamed(name, Object.keys(FREE_FIELDS)),
  );
  return [
    ...fields,
    ...digestDifference('data', 'rows', saved.datasetDigest, current.datasetDigest),
    ...digestDifference('model', 'files', saved.modelDigest, current.modelDigest),
    ...engineDifference(saved.engine, current.engine),
  ];
}

/**
 * @param allowed names given to `--allow`; a section's name allows all that is in it.
 * @param source what is resumed from, for the message.
 * @returns the names of the differences, all of them allowed.
 * @throws CONFIG_INVALID with every difference that is not allowed, and for names that nothing has.
 */
export function checkDifferences(
  differences: readonly Difference[],
  allowed: readonly string[],
  source: string,
): string[] {
  for (const name of allowed) checkName(name);
  const refused = differences.filter(({ name }) => !isNamed(name, allowed));
  if (refused.length === 0) return differences.map(({ name }) => name);
  const lines = refused.map(({ name, saved, current }) => `  ${name}: ${saved} → ${current}`);
  const flags = refused.map(({ name }) => `--allow ${name}`).join(' ');
  throw new ProspectError(
    'CONFIG_INVALID',
    `this is not the run that ${source} is of:\n${lines.join('\n')}\n` +
      `Undo the change, or go on with it from here (${flags}): the result is then that of no single configuration.`,
  );
}

function checkName(name: string): void {
  const names = [...CONFIG_FIELDS, ...OTHER_NAMES];
  if (names.includes(name)) return;
  const nearest = nearestField(name, names);
  const hint =
    nearest === undefined ? 'it takes a field of the configuration, data, model or engine' : `did you mean ${nearest}?`;
  throw new ProspectError('CONFIG_INVALID', `--allow ${name}: nothing has this name; ${hint}`);
}

function fieldDifferences(saved: unknown, current: unknown, path: string): Difference[] {
  if (isTree(saved) && isTree(current)) {
    const names = new Set([...Object.keys(saved), ...Object.keys(current)]);
    const prefix = path === '' ? '' : `${path}.`;
    return [...names].flatMap((name) => fieldDifferences(saved[name], current[name], `${prefix}${name}`));
  }
  const texts = [textOf(saved), textOf(current)] as const;
  return texts[0] === texts[1] ? [] : [{ name: path, saved: texts[0], current: texts[1] }];
}

function textOf(value: unknown): string {
  return value === undefined ? 'left out' : JSON.stringify(value);
}

function digestDifference(
  name: string,
  things: string,
  saved: string | undefined,
  current: string | undefined,
): Difference[] {
  if (saved === undefined || current === undefined || saved === current) return [];
  const text = (digest: string) => `${things} with digest ${digest.slice(0, 12)}`;
  return [{ name, saved: text(saved), current: text(current) }];
}

function engineDifference(saved: EngineFingerprint | undefined, current: EngineFingerprint | undefined): Difference[] {
  if (!saved || !current) return [];
  const changed = fingerprintDifferences(saved, current);
  if (changed.length === 0) return [];
  return [{ name: 'engine', saved: `${saved.engine} ${saved.version}`, current: changed.join(', ') }];
}
