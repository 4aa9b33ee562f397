/** The JSON schema of the configuration, for editors: `# yaml-language-server: $schema=…` completes and checks a run file. */
import { Command } from 'commander';
import { runConfigJsonSchema } from '../core/config/fields.js';

export function configJsonSchema(): Record<string, unknown> {
  return { ...runConfigJsonSchema(), title: 'Prospect run', description: 'Configuration of one training run.' };
}

export function schemaCommand(): Command {
  return new Command('schema')
    .summary('the JSON schema of the configuration, for editors')
    .description('Prints the JSON schema of a run’s YAML file: every field with its meaning, range and default.')
    .addHelpText(
      'after',
      `
Example:
  prospect schema > run.schema.json
  and as the first line of run.yaml:  # yaml-language-server: $schema=run.schema.json`,
    )
    .action(() => {
      process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    });
}
