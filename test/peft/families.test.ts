/** Every family and variant that we claim to support, against transformers in float64 on random weights. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openModel } from '../../worker/model/open-model.js';
import { ENGINES } from '../support/engines.js';
import { missingPython, PYTHON } from './python.js';

const MAKE_MODELS = fileURLToPath(new URL('./make-models.py', import.meta.url));
/** Largest absolute difference of a logit; logits reach about 5. */
const TOLERANCE = 3e-5;
/** Loading torch and transformers on a busy machine. */
const PYTHON_TIMEOUT_MS = 180_000;

const folder = mkdtempSync(join(tmpdir(), 'prospect-families-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(missingPython('comparison of model families with transformers') !== undefined)('our logits', () => {
  let expected: { ids: number[]; logits: Record<string, number[][]> };

  beforeAll(() => {
    const result = spawnSync(PYTHON, [MAKE_MODELS, folder], { encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`make-models.py failed: ${result.stderr}`);
    expected = JSON.parse(readFileSync(join(folder, 'logits.json'), 'utf8'));
  }, PYTHON_TIMEOUT_MS);

  test.each(ENGINES)('are those of transformers, for every family, on %s', async (engine) => {
    for (const [name, rows] of Object.entries(expected.logits)) {
      const model = await openModel({ folder: join(folder, name), engine, threads: 1 });
      const ours = model.logits(Uint32Array.from(expected.ids));
      const differences = ours.flatMap((row, t) => [...row].map((value, i) => Math.abs(value - rows[t]![i]!)));
      expect(Math.max(...differences), name).toBeLessThan(TOLERANCE);
      model.dispose();
    }
  });
});
