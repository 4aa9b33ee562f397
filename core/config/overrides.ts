/**
 * Values from outside the file: environment variables (`PROSPECT_TRAINING_LEARNING_RATE=1e-4`) and flags
 * (`--set training.learningRate=1e-4`).
 */
import { nearestField } from './did-you-mean.js';
import { CONFIG_FIELDS, CONFIG_SECTIONS, environmentName } from './fields.js';
import { type Tree, withValue } from './tree.js';

const ENVIRONMENT_PREFIX = 'PROSPECT_';

export interface Overrides {
  /** The process environment; what is no configuration field in it, or empty, is ignored. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `path=value` texts of the --set flags; a later one wins. */
  readonly flags: readonly string[];
  /** Reads a value as YAML does; throws on bad syntax. A parameter because core reads no YAML. */
  readonly parseValue: (text: string) => unknown;
}

export interface OverrideLayer {
  readonly tree: Tree;
  /** Where each overridden path got its value, as a person would write it. */
  readonly sources: ReadonlyMap<string, string>;
  /** One line each, with the name of the variable or flag. */
  readonly mistakes: readonly string[];
}

interface Setting {
  readonly field: string;
  readonly text: string;
  readonly source: string;
}

/** Environment first, flags over it. */
export function overrideLayer(overrides: Overrides): OverrideLayer {
  const environment = environmentSettings(overrides.environment);
  const flags = flagSettings(overrides.flags);
  const mistakes = [...environment.mistakes, ...flags.mistakes];
  const sources = new Map<string, string>();
  let tree: Tree = {};
  for (const { field, text, source } of [...environment.settings, ...flags.settings]) {
    try {
      tree = withValue(tree, field, overrides.parseValue(text));
      sources.set(field, source);
    } catch (error) {
      mistakes.push(`${source}: ${JSON.stringify(text)} cannot be read: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  return { tree, sources, mistakes };
}

interface Settings {
  readonly settings: Setting[];
  readonly mistakes: string[];
}

/**
 * Only variables that start like a section (PROSPECT_TRAINING_…) can be mistakes: others that start with PROSPECT_
 * belong to other things, such as the service addresses that Kubernetes puts there.
 */
function environmentSettings(environment: Overrides['environment']): Settings {
  const fields = new Map(CONFIG_FIELDS.map((field) => [ENVIRONMENT_PREFIX + environmentName(field), field]));
  const sections = CONFIG_SECTIONS.map((section) => `${ENVIRONMENT_PREFIX}${environmentName(section)}_`);
  const settings: Setting[] = [];
  const mistakes: string[] = [];
  for (const [name, text] of Object.entries(environment)) {
    const field = fields.get(name);
    if (text === undefined || text === '') continue;
    if (field !== undefined) settings.push({ field, text, source: name });
    else if (sections.some((section) => name.startsWith(section))) {
      mistakes.push(`${name}: no such setting${suggestion(name, [...fields.keys()])}`);
    }
  }
  return { settings, mistakes };
}

function flagSettings(flags: readonly string[]): Settings {
  const settings: Setting[] = [];
  const mistakes: string[] = [];
  for (const flag of flags) {
    const equals = flag.indexOf('=');
    const field = flag.slice(0, equals).trim();
    const source = `--set ${field}`;
    if (equals < 1) mistakes.push(`--set ${flag}: write it as path=value, for example training.epochs=2`);
    else if (!CONFIG_FIELDS.includes(field)) {
      mistakes.push(`${source}: no such field${suggestion(field, CONFIG_FIELDS)}`);
    } else settings.push({ field, text: flag.slice(equals + 1), source });
  }
  return { settings, mistakes };
}

function suggestion(unknown: string, known: readonly string[]): string {
  const nearest = nearestField(unknown, known);
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}
