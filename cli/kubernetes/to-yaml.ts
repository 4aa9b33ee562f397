/** Manifests as kubectl takes them. */
import { stringify } from 'yaml';
import type { Manifest } from './render.js';

export function toYaml(manifests: readonly Manifest[]): string {
  return manifests.map((manifest) => stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');
}

/** A file for each object, as `config-map.yaml` of a kind that is the only one, else `service-demo-pods.yaml`. */
export function fileName({ kind, metadata }: Manifest, all: readonly Manifest[]): string {
  const words = kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
  const isOnly = all.filter((other) => other.kind === kind).length === 1;
  return isOnly ? `${words}.yaml` : `${words}-${metadata.name}.yaml`;
}
