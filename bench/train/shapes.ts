/** The models of the benchmark: shapes with random weights. What they say does not matter, what they cost does. */
import type { LlamaSizes } from '../../examples/quickstart/initial-weights.js';

const COMMON = { initializer_range: 0.02 };

export const SHAPES = {
  /** As SmolLM2-135M. */
  '135m': {
    ...COMMON,
    vocab_size: 49_152,
    hidden_size: 576,
    intermediate_size: 1536,
    num_hidden_layers: 30,
    num_attention_heads: 9,
    num_key_value_heads: 3,
    head_dim: 64,
  },
  '8m': {
    ...COMMON,
    vocab_size: 8192,
    hidden_size: 256,
    intermediate_size: 704,
    num_hidden_layers: 8,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 32,
  },
} as const satisfies Record<string, LlamaSizes>;

export type ShapeName = keyof typeof SHAPES;
