import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exampleLoss, type LossSettings, referencePoint, sigmoid } from './kto.js';

interface Vector {
  loss_type: 'kto' | 'apo_zero_unpaired';
  beta: number;
  desirable_weight: number;
  undesirable_weight: number;
  label: boolean[];
  policy_logps: number[];
  ref_logps: number[];
  policy_KL_logps: number[] | null;
  ref_KL_logps: number[] | null;
  expect: { z0: number; per_example_loss: number[]; loss: number; dloss_dpolicy_logp: number[]; rewards: number[] };
}

const file = new URL('../test/parity/data/loss-vectors.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Vector[] };

function settingsOf(vector: Vector): LossSettings {
  return {
    type: vector.loss_type,
    beta: vector.beta,
    desirableWeight: vector.desirable_weight,
    undesirableWeight: vector.undesirable_weight,
    sftWeight: 0,
  };
}

function z0Of(vector: Vector): number {
  if (vector.loss_type !== 'kto') return 0;
  return referencePoint(vector.policy_KL_logps!.map((logp, i) => logp - vector.ref_KL_logps![i]!)).z0;
}

describe.each(cases.map((vector, number) => ({ vector, number })))('reference vector $number', ({ vector }) => {
  const z0 = z0Of(vector);
  const losses = vector.label.map((desirable, i) => {
    const example = {
      desirable,
      policyLogp: vector.policy_logps[i]!,
      referenceLogp: vector.ref_logps[i]!,
      completionLength: 1,
    };
    return exampleLoss(example, z0, settingsOf(vector), 1);
  });
  const count = vector.label.length;

  it('has the reference point', () => {
    expect(Math.abs(z0 - vector.expect.z0)).toBeLessThan(1e-6);
  });

  it('has the losses, their mean, the gradients and the rewards', () => {
    const mean = losses.reduce((sum, { loss }) => sum + loss, 0) / count;
    expect(Math.abs(mean - vector.expect.loss)).toBeLessThan(1e-6);
    losses.forEach(({ loss, slope, reward }, i) => {
      expect(Math.abs(loss - vector.expect.per_example_loss[i]!)).toBeLessThan(1e-6);
      expect(Math.abs(slope / count - vector.expect.dloss_dpolicy_logp[i]!)).toBeLessThan(1e-6);
      expect(Math.abs(reward - vector.expect.rewards[i]!)).toBeLessThan(1e-6);
    });
  });
});

describe('the reference point', () => {
  it('is clamped once, after the mean, and keeps its raw value', () => {
    expect(referencePoint([1, -4])).toMatchObject({ z0: 0, raw: -1.5, clamped: true });
    expect(referencePoint([-1, 4])).toMatchObject({ z0: 1.5, raw: 1.5, clamped: false });
  });

  it('has the standard error of the mean', () => {
    expect(referencePoint([1, 2, 3, 4]).standardError).toBeCloseTo(Math.sqrt(5 / 3 / 4), 12);
  });
});

describe('the sft loss', () => {
  const settings: LossSettings = { type: 'sft', beta: 0.1, desirableWeight: 1, undesirableWeight: 1, sftWeight: 0 };

  it('is the mean negative log-prob of a desirable completion’s tokens', () => {
    const example = { desirable: true, policyLogp: -12, referenceLogp: 0, completionLength: 4 };
    expect(exampleLoss(example, 0, settings, 2)).toMatchObject({ loss: 6, slope: -0.5 });
  });

  it('leaves undesirable rows out', () => {
    const example = { desirable: false, policyLogp: -12, referenceLogp: 0, completionLength: 4 };
    expect(exampleLoss(example, 0, settings, 2)).toMatchObject({ loss: 0, slope: 0 });
  });
});

describe('the sigmoid', () => {
  it('keeps its small tail', () => {
    expect(sigmoid(-40)).toBeCloseTo(Math.exp(-40), 30);
    expect(sigmoid(800)).toBe(1);
    expect(sigmoid(-800)).toBe(0);
  });
});
