/** Where the reference values of the independent trainer lie. */
import { fileURLToPath } from 'node:url';

export const PARITY_DATA = fileURLToPath(new URL('../parity/data/', import.meta.url));

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
