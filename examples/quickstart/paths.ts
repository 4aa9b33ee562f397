/** Where the example's files lie. Its scripts run in the repository's root, as `npm start` does. */

import { join } from 'node:path';

export const EXAMPLE_FOLDER = join('examples', 'quickstart');
/** The base model and its tokenizer, a Hugging Face folder. */
export const BASE_FOLDER = join(EXAMPLE_FOLDER, 'base');
/** Generated rows for the base model; not committed. */
export const DATA_FOLDER = join(EXAMPLE_FOLDER, 'data');
/** What runs leave behind; not committed. */
export const OUTPUT_FOLDER = join(EXAMPLE_FOLDER, 'out');

/** The project's own command line, from the build. */
export const COMMAND_LINE = join('dist', 'cli', 'main.js');
