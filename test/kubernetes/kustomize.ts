/** `kubectl kustomize`, where there is one that knows what the overlays use. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '../../cli/kubernetes/render.js';
import { PROJECT_ROOT } from '../support/project-root.js';

/** Major version of kustomize from which on it has `patches`. */
const NEEDED = 4;

export const OVERLAYS = ['cpu', 'gpu', 'jobset', 'kueue', 'cert-manager'] as const;

/** Why it cannot be run here; undefined where it can. */
export function whyNoKustomize(): string | undefined {
  const { status, stdout } = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' });
  if (status !== 0 && !stdout) return 'kubectl is not installed';
  const [, major = '0'] = /Kustomize Version: v(\d+)/.exec(stdout) ?? [];
  if (Number(major) < NEEDED) return `kubectl's kustomize is too old: ${stdout.trim().replaceAll('\n', ', ')}`;
  return undefined;
}

/** @param folder in deploy/kubernetes. */
export function kustomize(folder: string): Manifest[] {
  const path = join(PROJECT_ROOT, 'deploy', 'kubernetes', folder);
  const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', path], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`kubectl kustomize ${folder}: ${stderr}`);
  return parseManifests(stdout);
}

export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}
