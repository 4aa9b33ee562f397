/**
 * `npm run bench:peers`: a virtual environment with the trainer that the benchmark compares with, from PyPI, in the
 * project's cache folder. It appears complete and tried, or not at all.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, renameSync } from 'node:fs';
import { asScript, removingAfter } from '../train/unfinished-folder.js';
import { environmentFolder, pythonOf, REQUIREMENTS } from './python.js';

const TRIAL =
  'from trl import KTOTrainer; import datasets, peft, torch, trl; print("trl", trl.__version__, "on torch", torch.__version__)';

const folder = environmentFolder();
if (existsSync(folder)) console.log(`The environment is there already: ${folder}`);
else await asScript(setUp);

async function setUp(): Promise<void> {
  const unfinished = `${folder}.unfinished-${process.pid}`;
  console.log(
    'Several GB come from PyPI; naming the index of PyTorch’s CPU builds in PIP_EXTRA_INDEX_URL makes it far less.',
  );
  console.log('It takes Python 3.10 or newer with venv and pip, and about 7 GB of disk.');
  await removingAfter(unfinished, async () => {
    await run(process.env.PROSPECT_PYTHON ?? 'python3', ['-m', 'venv', unfinished]);
    await run(pythonOf(unfinished), ['-m', 'pip', 'install', '--no-cache-dir', '--requirement', REQUIREMENTS]);
    await run(pythonOf(unfinished), ['-c', TRIAL]);
    // Python finds its packages by its own place, so the folder may get its name now.
    renameSync(unfinished, folder);
  });
  console.log(`Done: ${folder}`);
}

/** @throws when it does not end well; what it says goes to this terminal. */
async function run(command: string, args: readonly string[]): Promise<void> {
  const [code, signal] = await once(spawn(command, args, { stdio: 'inherit' }), 'exit');
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${signal ?? `exit code ${code}`}`);
}
