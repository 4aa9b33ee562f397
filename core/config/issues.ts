/** Says zod's issues the way a person needs them: path, what was expected, what was found and where it came from. */
import type { z } from 'zod';
import { nearestField } from './did-you-mean.js';
import { CONFIG_FIELDS } from './fields.js';
import { type Tree, valueAt } from './tree.js';

type Issue = z.core.$ZodIssue;

/** Longest value that is repeated in a message. */
const SHOWN_CHARACTERS = 60;

/** @param sources variable or flag of each path that did not come from the file */
export function mistakesOf(issues: readonly Issue[], written: Tree, sources: ReadonlyMap<string, string>): string[] {
  return issues.flatMap((issue) => {
    const path = issue.path.join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => unknownField(path === '' ? key : `${path}.${key}`));
    }
    const source = sources.get(path);
    return [`${path}: ${complaint(issue, valueAt(written, path))}${source === undefined ? '' : ` (from ${source})`}`];
  });
}

function unknownField(path: string): string {
  const nearest = nearestField(path, CONFIG_FIELDS);
  return `${path}: unknown field${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}

function complaint(issue: Issue, found: unknown): string {
  if (found === undefined) return 'missing; it has no default';
  const shown = JSON.stringify(found) ?? String(found);
  const value = shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS)}…` : shown;
  return `${expectation(issue)}, found ${value}`;
}

function expectation(issue: Issue): string {
  if (issue.code === 'invalid_union') {
    const branches = issue.errors.map((errors) => errors.map(expectation).join(' and '));
    return `expected ${[...new Set(branches)].map((branch) => branch.replace(/^expected /, '')).join(', or ')}`;
  }
  return plain(issue.message);
}

/** zod's "Invalid input: expected number, received string" without what the value itself shows. */
function plain(message: string): string {
  return message.replace(/^(Invalid input|Invalid option|Too small|Too big): /, '').replace(/, received .*$/, '');
}
