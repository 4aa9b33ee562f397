import { expect, test } from 'vitest';
import { CONFIG_FIELDS } from '../../core/config/fields.js';
import { LINEAR_ENGINE } from '../../test/support/linear-compute.js';
import { testConfig } from '../../test/support/rows.js';
import { checkDifferences, differencesOf, type RunIdentity } from './differences.js';
import { FREE_FIELDS } from './free-fields.js';

function identity(changes: Partial<RunIdentity> = {}): RunIdentity {
  return { config: testConfig(), datasetDigest: 'rows', modelDigest: 'files', engine: LINEAR_ENGINE, ...changes };
}

test('nothing differs after a snapshot’s way through JSON', () => {
  expect(differencesOf(JSON.parse(JSON.stringify(identity())), identity())).toEqual([]);
});

test('changed fields, added and removed ones are named with both values', () => {
  const saved = identity({
    config: testConfig({ training: { maxSteps: 5, learningRate: 1e-4 }, lora: { targets: ['q_proj'] } }),
  });
  const current = identity({ config: testConfig({ training: { learningRate: 2e-4, warmupSteps: 3 } }) });
  const byName = Object.fromEntries(
    differencesOf(saved, current).map((difference) => [difference.name, [difference.saved, difference.current]]),
  );
  expect(byName).toEqual({
    'lora.targets': ['["q_proj"]', '"all-linear"'],
    'training.learningRate': ['0.0001', '0.0002'],
    'training.maxSteps': ['5', 'left out'],
    'training.warmupSteps': ['left out', '3'],
  });
});

test('fields that change no bit may change', () => {
  const config = testConfig({
    workers: 7,
    logLevel: 'debug',
    output: 'elsewhere',
    model: 'moved',
    engine: 'wasm',
    evaluation: { everySteps: 4 },
    snapshots: { everySteps: 9, keep: 1 },
    data: { train: 'moved.jsonl', badRows: 1 },
  });
  expect(differencesOf(identity(), identity({ config }))).toEqual([]);
});

test('other rows, another model and another engine are told by their digests', () => {
  const other = { ...LINEAR_ENGINE, version: '2' };
  const current = identity({ datasetDigest: 'other rows', modelDigest: 'other files', engine: other });
  expect(differencesOf(identity(), current)).toEqual([
    { name: 'data', saved: 'rows with digest rows', current: 'rows with digest other rows' },
    { name: 'model', saved: 'files with digest files', current: 'files with digest other files' },
    { name: 'engine', saved: 'linear 1', current: 'version: 2 instead of 1' },
  ]);
  expect(differencesOf(identity(), { config: testConfig() })).toEqual([]);
});

test('differences are refused with all of them shown, and with how to allow them', () => {
  const config = testConfig({ training: { seed: 7, globalBatch: 4 } });
  const differences = differencesOf(identity(), identity({ config, datasetDigest: 'other' }));
  expect(() => checkDifferences(differences, ['training.seed'], 'out')).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message:
        'this is not the run that out is of:\n' +
        '  training.globalBatch: 32 → 4\n' +
        '  data: rows with digest rows → rows with digest other\n' +
        'Undo the change, or go on with it from here (--allow training.globalBatch --allow data): ' +
        'the result is then that of no single configuration.',
    }),
  );
});

test('what is allowed by name, or with its section, is let through and told', () => {
  const config = testConfig({ training: { seed: 7, globalBatch: 4 } });
  const differences = differencesOf(identity(), identity({ config, datasetDigest: 'other' }));
  const names = ['training.globalBatch', 'training.seed', 'data'];
  expect(checkDifferences(differences, ['training', 'data'], 'out').sort()).toEqual(names.sort());
  expect(checkDifferences([], [], 'out')).toEqual([]);
});

test('a name that nothing has is a mistake, with what was meant', () => {
  expect(() => checkDifferences([], ['training.learnRate'], 'out')).toThrow(
    '--allow training.learnRate: nothing has this name; did you mean training.learningRate?',
  );
});

test('the fields that may change are fields of the configuration', () => {
  for (const field of Object.keys(FREE_FIELDS)) expect(CONFIG_FIELDS).toContain(field);
});
