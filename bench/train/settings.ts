/** What is the same for all trainers. */

export const GLOBAL_BATCH = 8;
export const LORA = { rank: 16, alpha: 32 };
export const LEARNING_RATE = 1e-5;
export const THREADS = 2;
