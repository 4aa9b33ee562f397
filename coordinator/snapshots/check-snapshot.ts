/** Reads all of a snapshot and says everything that is wrong with it. What passes is what was written, to the bit. */
import { basename, join } from 'node:path';
import { layoutOf } from '../../core/parameters.js';
import type { RunReferences } from '../reference-cache/table.js';
import { digestOfConfig } from './config-digest.js';
import type { FileOperations } from './file-operations.js';
import {
  ARRAY_FILES,
  CONTENT_FILES,
  FIRST_MOMENTS_FILE,
  PARAMETERS_FILE,
  REFERENCES_FILE,
  SECOND_MOMENTS_FILE,
  STATE_FILE,
} from './layout.js';
import type { Manifest } from './manifest.js';
import { parseName } from './names.js';
import { hashFile, readWhole } from './pieces.js';
import { quickCheck, unreadable } from './quick-check.js';
import { parseReferences } from './references.js';
import { parseState, type SnapshotState } from './state.js';

export interface CheckedSnapshot {
  readonly path: string;
  readonly manifest: Manifest;
  readonly manifestDigest: string;
  readonly state: SnapshotState;
  readonly references: RunReferences;
}

/** @returns the snapshot without its arrays, or what is wrong with it, for a person. */
export async function checkSnapshot(path: string, files: FileOperations): Promise<CheckedSnapshot | readonly string[]> {
  const quick = await quickCheck(path, files);
  if (!quick.manifest || quick.problems.length > 0) return quick.problems;
  const { content: manifest, digest: digestOfManifest } = quick.manifest;
  const changed: string[] = [];
  for (const name of CONTENT_FILES) changed.push(...(await changedContent(path, name, manifest, files)));
  if (changed.length > 0) return changed;
  const state = parseState((await readWhole(files, join(path, STATE_FILE))).toString('utf8'));
  if (typeof state === 'string') return [state];
  const references = parseReferences(await readWhole(files, join(path, REFERENCES_FILE)), state.references);
  const contradictions = contradictionsOf(path, manifest, state);
  if (!references) contradictions.push(`${STATE_FILE} and ${REFERENCES_FILE} are not of the same snapshot`);
  if (!references || contradictions.length > 0) return contradictions;
  return { path, manifest, manifestDigest: digestOfManifest, state, references };
}

async function changedContent(
  path: string,
  name: string,
  manifest: Manifest,
  files: FileOperations,
): Promise<string[]> {
  try {
    const { sha256 } = await hashFile(files, join(path, name));
    return sha256 === manifest.files[name]?.sha256 ? [] : [`${name} is damaged (its SHA-256 differs)`];
  } catch (error) {
    return [unreadable(name, error)];
  }
}

/** Files that are each intact but not of one snapshot, as when somebody copied one over another. */
function contradictionsOf(path: string, { step, files }: Manifest, state: SnapshotState): string[] {
  const named = parseName(basename(path))?.step ?? step;
  const bytes = layoutOf(state.parameters).length * Float32Array.BYTES_PER_ELEMENT;
  const facts: [boolean, string][] = [
    [named === step, `its folder is named for step ${named}, but it is of step ${step}`],
    [state.step === step, `${STATE_FILE} is of step ${state.step}, the manifest of step ${step}`],
    [state.configDigest === digestOfConfig(state.config), `the configuration in ${STATE_FILE} is not the run's`],
    [state.parameterDigest === files[PARAMETERS_FILE]?.sha256, `${PARAMETERS_FILE} is of another step`],
    [state.firstMomentDigest === files[FIRST_MOMENTS_FILE]?.sha256, `${FIRST_MOMENTS_FILE} is of another step`],
    [state.secondMomentDigest === files[SECOND_MOMENTS_FILE]?.sha256, `${SECOND_MOMENTS_FILE} is of another step`],
    ...ARRAY_FILES.map((name): [boolean, string] => [
      files[name]?.bytes === bytes,
      `${name} does not hold the parameters that ${STATE_FILE} names`,
    ]),
  ];
  return facts.flatMap(([holds, problem]) => (holds ? [] : [problem]));
}
