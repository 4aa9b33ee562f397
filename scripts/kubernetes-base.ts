/** Writes what of deploy/kubernetes is made from code: the example run as a kustomize base, and what overlays add to it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Manifest } from '../cli/kubernetes/render.js';
import { rendered } from '../cli/kubernetes/rendered.js';
import { fileName, toYaml } from '../cli/kubernetes/to-yaml.js';

/** Of the repository, in dist/ too. */
const EXAMPLE = ['deploy', 'kubernetes', 'example', 'run.yaml'];
const NAME = 'thumbs';

/** Paths within deploy/kubernetes, and what they hold. */
export async function kubernetesFiles(root: string): Promise<Map<string, string>> {
  const render = async (options: object) =>
    (await rendered(join(root, ...EXAMPLE), { set: [], name: NAME, ...options })).manifests;
  const base = await render({});
  const names = base.map((manifest) => fileName(manifest, base));
  const resources = names.map((name) => `  - ${name}\n`).join('');
  const added = async (options: object) => toYaml((await render(options)).filter((one) => !isIn(base, one)));
  return new Map([
    ...base.map((manifest, index): [string, string] => [`base/${names[index]}`, toYaml([manifest])]),
    ['base/kustomization.yaml', `resources:\n${resources}`],
    ['overlays/jobset/job-set.yaml', await added({ flavour: 'jobset' })],
    ['overlays/cert-manager/certificates.yaml', await added({ certManager: true })],
  ]);
}

function isIn(manifests: readonly Manifest[], { kind, metadata }: Manifest): boolean {
  return manifests.some((other) => other.kind === kind && other.metadata.name === metadata.name);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  for (const [path, text] of await kubernetesFiles(root)) {
    const file = join(root, 'deploy', 'kubernetes', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
