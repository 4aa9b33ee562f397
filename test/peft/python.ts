/** The Python that comparisons run in; what it lacks is said loudly. */
import { spawnSync } from 'node:child_process';

export const PYTHON = process.env.PROSPECT_PYTHON ?? 'python3';

/** Why `what` can't be done here, after a warning; undefined when it can. */
export function missingPython(what: string): string | undefined {
  const missing = whyNoPython();
  if (missing !== undefined) {
    console.warn(`\n!!! SKIPPED: ${what}. ${missing}\n!!! Set PROSPECT_PYTHON to one that has it.\n`);
  }
  return missing;
}

function whyNoPython(): string | undefined {
  const find = 'import importlib.util as u, sys; print(*[m for m in sys.argv[1:] if u.find_spec(m) is None])';
  const result = spawnSync(PYTHON, ['-c', find, 'numpy', 'torch', 'transformers', 'peft'], { encoding: 'utf8' });
  if (result.error !== undefined) return `${PYTHON} can't be started (${result.error.message}).`;
  if (result.status !== 0) return `${PYTHON} fails: ${result.stderr.trim()}.`;
  const absent = result.stdout.trim();
  return absent === '' ? undefined : `${PYTHON} lacks ${absent}.`;
}
