/** `prospect k8s render`: a run's manifests, to look at, keep in a repository, or pipe to kubectl. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { type RenderFlags, rendered, rendering } from './rendered.js';
import { fileName, toYaml } from './to-yaml.js';

interface Options extends RenderFlags {
  readonly output?: string;
}

export function renderCommand(): Command {
  return rendering(new Command('render'))
    .summary("a run's manifests")
    .description('Writes all that the cluster needs but Secrets and the data claim, which are named in it.')
    .option('-o, --output <folder>', 'a file for each object, and a kustomization.yaml; on stdout when left out')
    .addHelpText(
      'after',
      `
Examples:
  prospect k8s render run.yaml --name thumbs --workers 4 | kubectl apply -f -
  prospect k8s render run.yaml --gpus 1 --image registry.example.com/prospect:0.1.0-gpu -o deploy
  prospect k8s render run.yaml --flavour jobset --queue team-a --cert-manager`,
    )
    .action(render);
}

async function render(file: string, { output, ...flags }: Options): Promise<void> {
  const { manifests } = await rendered(file, flags);
  if (output === undefined) {
    process.stdout.write(toYaml(manifests));
    return;
  }
  await mkdir(output, { recursive: true });
  const names = manifests.map((manifest) => fileName(manifest, manifests));
  for (const [index, name] of names.entries()) {
    await writeFile(join(output, name), toYaml([manifests[index]!]));
  }
  const lines = ['resources:', ...names.map((name) => `  - ${name}`), ''];
  await writeFile(join(output, 'kustomization.yaml'), lines.join('\n'));
}
