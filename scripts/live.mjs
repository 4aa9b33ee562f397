/** npm run example:live: from a fresh checkout to a product that learns from its customers. */
import { prepare } from './lib/prepare.mjs';
import { runNode } from './lib/run.mjs';
import { say } from './lib/say.mjs';

process.exitCode = await live(process.argv.slice(2));

async function live(args) {
  const code = await prepare();
  if (code !== 0) return code;
  say('Training on live feedback (examples/live-feedback) …');
  return runNode(['dist/examples/live-feedback/run.js', ...args]);
}
