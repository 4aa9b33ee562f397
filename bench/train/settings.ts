/** What is the same for all trainers. */

export const GLOBAL_BATCH = 8;
export const LORA = { rank: 16, alpha: 32 };
export const LEARNING_RATE = 1e-5;
export const THREADS = 2;

/** cpu: float32 on two threads. gpu: bfloat16 for both, on the first GPU. */
export type Device = 'cpu' | 'gpu';

/** Ours on a device. */
export const DEVICES = {
  cpu: { engine: 'tensorflow', precision: 'float32', microbatchTokens: 512 },
  gpu: { engine: 'tensorflow-gpu', precision: 'bfloat16', microbatchTokens: 16_384 },
} as const;
