/** The project's folder, for tests that run from their source and scripts that run from dist. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT_ROOT = rootAbove(fileURLToPath(import.meta.url));

function rootAbove(path: string): string {
  const folder = dirname(path);
  return existsSync(join(folder, 'package.json')) ? folder : rootAbove(folder);
}
