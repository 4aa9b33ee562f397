/** What `npm start` runs: the share of desirable answers before, the training, the share after. Takes --set like `prospect train`. */

import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../../cli/load-config.js';
import { reportError } from '../../cli/report-error.js';
import { answersOf, heldOutPrompts } from './answers.js';
import { EXAMPLE_FOLDER } from './paths.js';
import { runProspect } from './run-prospect.js';
import { INTRODUCTION, sampleLines, shareLine } from './show.js';

const CONFIG_FILE = join(EXAMPLE_FOLDER, 'quickstart.yaml');
const SHOWN_ANSWERS = 3;

try {
  process.exitCode = await quickstart();
} catch (error) {
  reportError(error, { debug: false });
}

async function quickstart(): Promise<number> {
  const { values } = parseArgs({ options: { set: { type: 'string', multiple: true, default: [] } } });
  const { model: folder, output, engine, threads } = await loadConfig(CONFIG_FILE, { set: values.set });
  const prompts = heldOutPrompts();
  console.log(INTRODUCTION);

  const before = await answersOf({ folder, engine, threads }, prompts);
  print([shareLine('Before', before), ...sampleLines(SHOWN_ANSWERS, { name: 'before', answers: before }), '']);

  const code = await runProspect(['train', CONFIG_FILE, ...values.set.flatMap((setting) => ['--set', setting])]);
  if (code !== 0) {
    console.error(`The training ended with exit code ${code}; its message above says why.`);
    return code;
  }

  const adapter = join(output, 'adapter');
  const after = await answersOf({ folder, adapter, engine, threads }, prompts);
  const columns = [
    { name: 'before', answers: before },
    { name: 'after', answers: after },
  ];
  print(['', shareLine('Before', before), shareLine('After ', after), ...sampleLines(SHOWN_ANSWERS, ...columns), '']);
  const place = (name: string) => relative('', join(output, name));
  print([`Adapter: ${place('adapter')}`, `Metrics: ${place('metrics.jsonl')}`, `Plot:    ${place('plot.svg')}`]);
  return 0;
}

function print(lines: readonly string[]): void {
  console.log(lines.join('\n'));
}
