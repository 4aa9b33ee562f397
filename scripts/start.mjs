/** npm start: from a fresh checkout to the trained example. */
import { prepare } from './lib/prepare.mjs';
import { runNode } from './lib/run.mjs';
import { say } from './lib/say.mjs';

process.exitCode = await start(process.argv.slice(2));

async function start(args) {
  const code = await prepare();
  if (code !== 0) return code;
  say('Training the example (examples/quickstart) …');
  return runNode(['dist/examples/quickstart/run.js', ...args]);
}
