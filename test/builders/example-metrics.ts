/** Builds a step's metrics for tests: a plausible one, with what the test is about put in. */
import type { StepMetrics } from '../../coordinator/metrics/step-metrics.js';

export function exampleMetrics(change: Partial<StepMetrics> = {}): StepMetrics {
  return {
    step: 1,
    epoch: 0.1,
    loss: 0.4312,
    entropy: 2,
    kl: 0.12,
    'kl/raw': 0.12,
    'kl/stderr': 0.05,
    'kl/clamped': false,
    'rewards/chosen': 0.31,
    'rewards/rejected': -0.22,
    'rewards/margins': 0.53,
    'logps/chosen': -40,
    'logps/rejected': -50,
    'logits/chosen': -1,
    'logits/rejected': -1.5,
    saturation: 0,
    desirable_count: 16,
    undesirable_count: 16,
    grad_norm: 1.2,
    learning_rate: 9.1e-5,
    num_tokens: 2048,
    examples_per_second: 16,
    tokens_per_second: 1024,
    workers: 2,
    set_aside: 0,
    skipped: 0,
    'pairing/own_completion': 0,
    'pairing/same_prompt': 0,
    'seconds/reference_point': 0.5,
    'seconds/gradients': 1.5,
    ...change,
  };
}
