/** The JSON schema of the configuration, for editors: `# yaml-language-server: $schema=…` completes and checks a run file. */
import { runConfigJsonSchema } from '../core/config/fields.js';

export function configJsonSchema(): Record<string, unknown> {
  return { ...runConfigJsonSchema(), title: 'Prospect run', description: 'Configuration of one training run.' };
}
