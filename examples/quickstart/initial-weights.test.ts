import { describe, expect, it } from 'vitest';
import { HEADER_LENGTH_BYTES, headerLength, parseHeader } from '../../core/safetensors.js';
import { initialWeights, type LlamaSizes } from './initial-weights.js';

const SIZES: LlamaSizes = {
  vocab_size: 50,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 4,
  initializer_range: 0.02,
};

describe('initialWeights', () => {
  const file = initialWeights(SIZES, 1);
  const entries = parseHeader(
    file.subarray(HEADER_LENGTH_BYTES, HEADER_LENGTH_BYTES + headerLength(file, file.length, 'made')),
    file.length,
    'made',
  );
  const valuesOf = (name: string) => {
    const entry = entries.find((one) => one.name === name);
    return new Float32Array(Uint8Array.from(file.subarray(entry?.start, entry?.end)).buffer);
  };

  it('holds the tensors of a Llama with tied head, with fewer key heads than query heads', () => {
    expect(entries).toHaveLength(2 + 2 * 9);
    expect(entries.find(({ name }) => name === 'model.layers.1.self_attn.k_proj.weight')?.shape).toEqual([8, 16]);
    expect(entries.some(({ name }) => name.startsWith('lm_head'))).toBe(false);
  });

  it('has norms of ones and matrices of the deviation that the configuration names', () => {
    expect(new Set(valuesOf('model.norm.weight'))).toEqual(new Set([1]));
    const values = valuesOf('model.embed_tokens.weight');
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    expect(deviation).toBeGreaterThan(0.018);
    expect(deviation).toBeLessThan(0.022);
  });

  it('is the same from the same seed, another from another', () => {
    expect(initialWeights(SIZES, 1).equals(file)).toBe(true);
    expect(initialWeights(SIZES, 2).equals(file)).toBe(false);
  });
});
