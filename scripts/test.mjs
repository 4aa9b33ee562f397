/** npm test: from a fresh checkout to the tests' result. Arguments go to vitest. PROSPECT_NO_NATIVE=1 skips the native engine. */
import { prepare } from './lib/prepare.mjs';
import { runNode } from './lib/run.mjs';
import { say, shout } from './lib/say.mjs';

process.exitCode = await test(process.argv.slice(2));

async function test(args) {
  const code = await prepare();
  if (code !== 0) return code;
  await tryNativeEngine();
  say('Testing (vitest) …');
  return runNode(['node_modules/vitest/vitest.mjs', 'run', ...args]);
}

/** The tests run on every engine there is; without the native one they run on wasm alone. */
async function tryNativeEngine() {
  if (process.env.PROSPECT_NO_NATIVE === '1') {
    shout(['PROSPECT_NO_NATIVE=1: the native engine is not set up; its tests are skipped.']);
    return;
  }
  say('Setting up the native engine (prospect setup --engine tensorflow; cached after the first time) …');
  if ((await runNode(['dist/cli/main.js', 'setup', '--engine', 'tensorflow'])) !== 0) {
    shout(['The native engine could not be set up (the reason is above).', 'Its tests are skipped; wasm is tested.']);
  }
}
