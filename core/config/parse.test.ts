import { describe, expect, it } from 'vitest';
import { ProspectError } from '../errors.js';
import { parseConfig } from './parse.js';

const where = { file: '/runs/a/run.yaml', workingDirectory: '/home/me' };
const minimal = { model: 'base', output: 'out', data: { train: 'rows.jsonl' } };

interface Outside {
  environment?: Record<string, string>;
  flags?: string[];
}

/** JSON stands in for YAML: core takes whatever parser it is given. */
function parse(raw: unknown, { environment = {}, flags = [] }: Outside = {}) {
  const parseValue = (text: string): unknown => (/^[-[{"\d]/.test(text) ? JSON.parse(text) : text);
  return parseConfig(raw, { environment, flags, parseValue }, where);
}

function mistakes(raw: unknown, outside?: Outside): string[] {
  try {
    parse(raw, outside);
  } catch (error) {
    expect(error).toBeInstanceOf(ProspectError);
    expect((error as ProspectError).code).toBe('CONFIG_INVALID');
    return (error as ProspectError).message.split('\n  ').slice(1);
  }
  throw new Error('expected the configuration to be refused');
}

describe('parseConfig', () => {
  it('fills in every default and freezes the result to its depths', () => {
    const config = parse(minimal);
    expect(config.loss.beta).toBe(0.1);
    expect(config.training.globalBatch).toBe(32);
    expect(config.lora).toEqual({ rank: 16, alpha: 32, targets: 'all-linear' });
    expect(Object.isFrozen(config) && Object.isFrozen(config.training)).toBe(true);
    expect(() => Object.assign(config.training, { epochs: 9 })).toThrow(TypeError);
  });

  it('takes a flag over the environment over the file over the default', () => {
    const raw = { ...minimal, training: { learningRate: 0.1, epochs: 2, seed: 1 } };
    const environment = { PROSPECT_TRAINING_LEARNING_RATE: '0.2', PROSPECT_TRAINING_EPOCHS: '3', HOME: '/root' };
    const config = parse(raw, { environment, flags: ['training.learningRate=0.3'] });
    expect(config.training).toMatchObject({ learningRate: 0.3, epochs: 3, seed: 1, globalBatch: 32 });
  });

  it('takes an empty variable as unset, and a null flag as the default', () => {
    const raw = { ...minimal, training: { epochs: 2, maxSteps: 5 } };
    const parseValue = (text: string): unknown => JSON.parse(text);
    const overrides = { environment: { PROSPECT_TRAINING_EPOCHS: '' }, flags: ['training.maxSteps=null'], parseValue };
    const { training } = parseConfig(raw, overrides, where);
    expect([training.epochs, training.maxSteps]).toEqual([2, undefined]);
  });

  it('lets the last of two flags win and reads lists', () => {
    const config = parse(minimal, { flags: ['workers=3', 'workers=4', 'lora.targets=["q_proj","v_proj"]'] });
    expect(config.workers).toBe(4);
    expect(config.lora.targets).toEqual(['q_proj', 'v_proj']);
  });

  it('counts paths in the file from its folder and others from the working directory', () => {
    const raw = { ...minimal, data: { train: ['a.jsonl', '/b.jsonl'], heldOut: '../h.jsonl' }, lora: { from: 'x' } };
    const config = parse(raw, { environment: { PROSPECT_OUTPUT: 'elsewhere' } });
    expect(config.model).toBe('/runs/a/base');
    expect(config.output).toBe('/home/me/elsewhere');
    expect(config.data.train).toEqual(['/runs/a/a.jsonl', '/b.jsonl']);
    expect(config.data.heldOut).toBe('/runs/h.jsonl');
    expect(config.lora.from).toBe('/runs/a/x');
  });

  it('takes a key without a value as left out', () => {
    expect(parse({ ...minimal, lora: null, training: { epochs: null } }).training.epochs).toBe(1);
  });
});

describe('mistakes', () => {
  it('are reported all at once, one line each with its path', () => {
    const raw = {
      output: 'out',
      data: { train: 'rows.jsonl', maxLength: 1 },
      training: { epoch: 3, globalBatch: 1, learningRate: 'fast' },
      loss: { type: 'dpo', desirableWeight: 'much' },
    };
    const lines = mistakes(raw, { environment: { PROSPECT_LOSS_BETA: '-1' }, flags: ['training.sed=4'] });
    expect(lines).toContain('model: missing; it has no default');
    expect(lines).toContain('training.epoch: unknown field; did you mean training.epochs?');
    expect(lines).toContain('training.learningRate: expected number, found "fast"');
    expect(lines).toContain('data.maxLength: expected number to be >=2, found 1');
    expect(lines).toContain('loss.type: expected one of "kto"|"apo_zero_unpaired"|"sft", found "dpo"');
    expect(lines).toContain('loss.desirableWeight: expected "auto", or number, found "much"');
    expect(lines).toContain('loss.beta: expected number to be >0, found -1 (from PROSPECT_LOSS_BETA)');
    expect(lines).toContain('--set training.sed: no such field; did you mean training.seed?');
    expect(lines).toHaveLength(8);
  });

  it('of two fields together are reported beside those of one', () => {
    const lines = mistakes({ ...minimal, training: { globalBatch: 1 }, threads: 0 });
    expect(lines).toHaveLength(2);
    expect(lines.join()).toContain('training.globalBatch: 1 cannot be used with loss.type kto: the reference point');
  });

  it('name the right section for a field in the wrong one', () => {
    expect(mistakes({ ...minimal, learning_rate: 1e-4 })).toEqual([
      'learning_rate: unknown field; did you mean training.learningRate?',
    ]);
  });

  it('suggest nothing when nothing is near', () => {
    expect(mistakes({ ...minimal, zzz: 1 })).toEqual(['zzz: unknown field']);
  });

  it('take limits of workers from flags, over a number in the file', () => {
    const flags = ['workers.min=2', 'workers.max=4'];
    expect(parse({ ...minimal, workers: 3 }, { flags }).workers).toEqual({ min: 2, max: 4, waitSeconds: 600 });
  });

  it('in variables of a section are found; other PROSPECT_ variables are somebody else’s', () => {
    const environment = { PROSPECT_TRAINING_LERNING_RATE: '1', PROSPECT_SERVICE_HOST: '10.0.0.1' };
    expect(mistakes(minimal, { environment })).toEqual([
      'PROSPECT_TRAINING_LERNING_RATE: no such setting; did you mean PROSPECT_TRAINING_LEARNING_RATE?',
    ]);
  });

  it('in a flag’s form are told with an example', () => {
    expect(mistakes(minimal, { flags: ['epochs'] })[0]).toContain('path=value');
  });

  it('in the values of flags name the flag', () => {
    expect(mistakes(minimal, { flags: ['workers=[1'] })[0]).toMatch(/^--set workers: "\[1" cannot be read: /);
  });

  it('include a file that holds no fields', () => {
    expect(() => parse(['model'])).toThrow('/runs/a/run.yaml: must hold fields');
  });

  it.each([
    { raw: { ...minimal, method: 'full', lora: { from: 'a' } }, line: /^lora\.from: .*method is full/ },
    { raw: { ...minimal, loss: { type: 'sft', sftWeight: 1 } }, line: /^loss\.sftWeight: / },
    { raw: { ...minimal, evaluation: { everySteps: 5 } }, line: /^evaluation\.everySteps: .*data\.heldOut/ },
    { raw: { ...minimal, data: { train: 'a', heldOut: ['b', 'a'] } }, line: /^data\.heldOut: .*\/a is in data\.train/ },
    { raw: { ...minimal, data: { train: 'a', heldOut: 1.5 } }, line: /^data\.heldOut: .*<1.*found 1\.5/ },
    {
      raw: { ...minimal, data: { train: 'a', pairing: 'rotate', pairs: 'fixed' } },
      line: /^data\.pairs: fixed .*data\.pairing rotate/,
    },
    { raw: { ...minimal, output: 'base' }, line: /^output: .*overwritten/ },
    { raw: { ...minimal, workers: { min: 4, max: 2 } }, line: /^workers\.max: 2 is less than workers\.min/ },
    { raw: { ...minimal, workers: { start: 1, min: 2 } }, line: /^workers\.start: 1 does not lie/ },
  ])('of contradicting fields are told: $line', ({ raw, line }) => {
    const lines = mistakes(raw);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(line);
  });

  it('do not include a batch of one with a loss that needs no pairs', () => {
    const config = parse({ ...minimal, training: { globalBatch: 1 }, loss: { type: 'apo_zero_unpaired' } });
    expect(config.training.globalBatch).toBe(1);
  });

  it('refuses to publish what is no adapter, and a gate without rows to judge by', () => {
    const publish = { everySteps: 10, gate: { tolerance: 0.1 } };
    expect(mistakes({ ...minimal, method: 'full', publish })).toEqual([
      expect.stringContaining('publish: adapters are published, but method is full'),
      expect.stringContaining('publish.gate: there are no held-out rows to judge by'),
    ]);
    expect(parse({ ...minimal, data: { ...minimal.data, heldOut: 0.1 }, publish }).publish).toMatchObject({ keep: 20 });
  });
});
