/** The independent trainer's cases, as configurations of ours. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunConfigInput } from '../../core/config/schema.js';
import { modelFolder, PARITY_DATA, type ParityCase } from '../support/parity-data.js';

/** What the reference trainer logged of a step. */
export type ExpectedStep = Readonly<Record<string, number>>;

export interface Expected {
  readonly dataset: string;
  /** null for full fine-tuning. */
  readonly lora: { readonly r: number; readonly lora_alpha: number; readonly target_modules: string[] } | null;
  readonly config: {
    readonly loss_type?: 'kto' | 'apo_zero_unpaired';
    readonly beta: number;
    readonly desirable_weight?: number;
    readonly undesirable_weight?: number;
    readonly max_length: number;
    readonly per_device_train_batch_size: number;
    readonly num_train_epochs: number;
    readonly learning_rate: number;
    readonly lr_scheduler_type: 'constant' | 'linear' | 'cosine';
    readonly warmup_steps?: number;
    readonly max_grad_norm: number;
    readonly weight_decay: number;
  };
  readonly steps: readonly ExpectedStep[];
}

export function readExpected(name: ParityCase): Expected {
  return JSON.parse(readFileSync(join(PARITY_DATA, name, 'expected.json'), 'utf8')) as Expected;
}

export function configOf(name: ParityCase, { dataset, lora, config }: Expected, output: string): RunConfigInput {
  const from = join(PARITY_DATA, name, 'adapter-init');
  return {
    model: modelFolder(name),
    output,
    method: lora === null ? 'full' : 'lora',
    ...(lora && { lora: { rank: lora.r, alpha: lora.lora_alpha, targets: lora.target_modules, from } }),
    loss: {
      type: config.loss_type ?? 'kto',
      beta: config.beta,
      desirableWeight: config.desirable_weight ?? 1,
      undesirableWeight: config.undesirable_weight ?? 1,
    },
    data: { train: join(PARITY_DATA, dataset), order: 'file', pairing: 'rotate', maxLength: config.max_length },
    training: {
      epochs: config.num_train_epochs,
      globalBatch: config.per_device_train_batch_size,
      learningRate: config.learning_rate,
      schedule: config.lr_scheduler_type,
      warmupSteps: config.warmup_steps ?? 0,
      clipNorm: config.max_grad_norm,
      weightDecay: config.weight_decay,
      // Small enough that each step has several leaves to share out.
      microbatchTokens: 160,
    },
  };
}
