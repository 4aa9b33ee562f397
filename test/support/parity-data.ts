/** Where the reference values of the independent trainer lie. */
import { join } from 'node:path';
import { PROJECT_ROOT } from './project-root.js';

export const PARITY_DATA = join(PROJECT_ROOT, 'test', 'parity', 'data', '/');

export const PARITY_CASES = [
  'llama-full',
  'llama-lora',
  'qwen2-full-weighted',
  'qwen2-lora-chat',
  'gpt2-full',
  'qwen3-lora',
  'llama-apo',
  'llama-clip-cosine',
  'llama-truncated',
] as const;

export type ParityCase = (typeof PARITY_CASES)[number];

/** Folder of a case's base model. */
export function modelFolder(parityCase: ParityCase): string {
  return `${PARITY_DATA}${parityCase}/model`;
}
