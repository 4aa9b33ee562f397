import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type LossSettings, NO_REFERENCE_POINT, type ReferencePoint } from '../../core/kto.js';
import { batchMetrics, SATURATED_BELOW } from './batch-metrics.js';
import { evaluationMetrics } from './evaluation-metrics.js';
import { stepMetrics } from './step-metrics.js';
import type { ExampleScore, StepRecord } from './step-record.js';

const KTO: LossSettings = { type: 'kto', beta: 0.1, desirableWeight: 1, undesirableWeight: 1, sftWeight: 0 };
const REFERENCE: ReferencePoint = { z0: 2, raw: 2, standardError: 0.5, clamped: false };

function score(change: Partial<ExampleScore> = {}): ExampleScore {
  return {
    row: 0,
    desirable: true,
    policyLogp: -10,
    referenceLogp: -12,
    completionLength: 4,
    entropySum: 8,
    logitSum: -2,
    ...change,
  };
}

function record(change: Partial<StepRecord> = {}): StepRecord {
  return {
    step: 1,
    epoch: 0.5,
    learningRate: 1e-4,
    gradNorm: 1.5,
    referencePoint: REFERENCE,
    examples: [score(), score({ desirable: false, policyLogp: -20, referenceLogp: -15 })],
    tokens: 40,
    tokensBefore: 100,
    seconds: { gradients: 1.5, reduce: 0.5 },
    computingSeconds: [
      { scores: 0.5, gradients: 0.9 },
      { scores: 0.6, gradients: 0.4 },
    ],
    workers: 2,
    setAside: 0,
    pairing: { ownCompletion: 0, samePrompt: 1 },
    sftScale: 2,
    ...change,
  };
}

interface LossCase {
  readonly loss_type: 'kto' | 'apo_zero_unpaired';
  readonly beta: number;
  readonly desirable_weight: number;
  readonly undesirable_weight: number;
  readonly label: readonly boolean[];
  readonly policy_logps: readonly number[];
  readonly ref_logps: readonly number[];
  readonly expect: { readonly z0: number; readonly loss: number; readonly rewards: readonly number[] };
}

test('loss and rewards agree with the reference vectors of an independent trainer', () => {
  const path = new URL('../../test/parity/data/loss-vectors.json', import.meta.url);
  const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: LossCase[] };
  expect(cases.length).toBeGreaterThan(0);
  for (const vector of cases) {
    const settings: LossSettings = {
      type: vector.loss_type,
      beta: vector.beta,
      desirableWeight: vector.desirable_weight,
      undesirableWeight: vector.undesirable_weight,
      sftWeight: 0,
    };
    const examples = vector.label.map((desirable, i) =>
      score({ desirable, policyLogp: vector.policy_logps[i] ?? 0, referenceLogp: vector.ref_logps[i] ?? 0 }),
    );
    const metrics = batchMetrics(examples, { ...NO_REFERENCE_POINT, z0: vector.expect.z0 }, settings, 1);
    const chosen = vector.expect.rewards.filter((_, i) => vector.label[i]);
    expect(metrics.loss).toBeCloseTo(vector.expect.loss, 6);
    expect(metrics['rewards/chosen']).toBeCloseTo(chosen.reduce((sum, r) => sum + r, 0) / chosen.length, 6);
  }
});

test('margins are chosen minus rejected, whatever the counts', () => {
  const examples = [score(), score({ policyLogp: -9 }), score({ policyLogp: -4 }), score({ desirable: false })];
  const metrics = batchMetrics(examples, REFERENCE, KTO, 1);
  expect(metrics['rewards/chosen']).toBeCloseTo((0.2 + 0.3 + 0.8) / 3, 12);
  expect(metrics['rewards/margins']).toBe((metrics['rewards/chosen'] ?? 0) - (metrics['rewards/rejected'] ?? 0));
  expect([metrics.desirable_count, metrics.undesirable_count]).toEqual([3, 1]);
});

test('entropy and logits are means over completion tokens, not over rows', () => {
  const examples = [
    score({ completionLength: 1, entropySum: 3, logitSum: 1 }),
    score({ completionLength: 3, entropySum: 1 }),
  ];
  const metrics = batchMetrics(examples, REFERENCE, KTO, 1);
  expect(metrics.entropy).toBe(1);
  expect(metrics['logits/chosen']).toBe(-0.25);
});

test('a class that the batch lacks has null means and no margin, also in JSON', () => {
  const metrics = batchMetrics([score()], { ...REFERENCE, standardError: Number.NaN }, KTO, 1);
  expect(JSON.parse(JSON.stringify(metrics))).toMatchObject({
    'rewards/chosen': 0.2,
    'rewards/rejected': null,
    'rewards/margins': null,
    'logps/rejected': null,
    'logits/rejected': null,
    'kl/stderr': null,
  });
});

test('an example is saturated beyond |u| = 3', () => {
  expect(SATURATED_BELOW).toBeCloseTo(0.180707, 6);
  const at = (u: number) => score({ policyLogp: u / KTO.beta, referenceLogp: 0 });
  const metrics = batchMetrics([at(2.99), at(3.01), at(-3.01), at(0)], NO_REFERENCE_POINT, KTO, 1);
  expect(metrics.saturation).toBe(0.5);
});

test('a step adds its tokens, rates and phases', () => {
  expect(stepMetrics(record(), KTO)).toMatchObject({
    step: 1,
    num_tokens: 140,
    examples_per_second: 1,
    tokens_per_second: 20,
    kl: 2,
    'kl/raw': 2,
    'kl/stderr': 0.5,
    'kl/clamped': false,
    'pairing/same_prompt': 1,
    'compute/busiest_seconds': 1.5,
    'compute/mean_seconds': 1.2,
    'seconds/gradients': 1.5,
    'seconds/reduce': 0.5,
  });
});

test('an evaluation has eval_ names and the share of rows judged rightly', () => {
  const examples = [
    score(),
    score({ desirable: false, policyLogp: -20, referenceLogp: -15 }),
    score({ policyLogp: -13 }),
    score({ policyLogp: -12 }),
  ];
  const metrics = evaluationMetrics({ ...record(), examples }, KTO);
  expect(metrics.eval_accuracy).toBe(0.5);
  expect(metrics['eval_rewards/rejected']).toBe(-0.5);
  expect(metrics.eval_desirable_count).toBe(3);
  expect(Object.keys(metrics).filter((name) => !name.startsWith('eval_'))).toEqual(['step', 'epoch']);
});
