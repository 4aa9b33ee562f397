/** Where measured sections and plots go. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWholeFile } from '../../coordinator/output/whole-file.js';
import { replaceSection } from './markdown.js';

const FOLDER = 'docs';
const FILE = join(FOLDER, 'performance.md');
const HEADING = 'Training';

export interface Section {
  readonly name: string;
  readonly body: string;
  readonly plot: { readonly file: string; readonly svg: string };
}

/** @throws STORAGE when a file can't be written. */
export async function writeSection({ name, body, plot }: Section): Promise<void> {
  await writeWholeFile(join(FOLDER, plot.file), plot.svg);
  await writeWholeFile(FILE, replaceSection(readFileSync(FILE, 'utf8'), HEADING, name, body));
  console.log(`Written: ${FILE}, ${join(FOLDER, plot.file)}`);
}
