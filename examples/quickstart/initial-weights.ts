/** A Llama with random weights, as one safetensors file: where the base model's training begins. */

import { randomFrom } from '../../core/order/mix.js';
import { buildHeader } from '../../core/safetensors.js';
import { normal } from './corpus/random.js';

/** The fields of config.json that shapes depend on; the head is the embedding. */
export interface LlamaSizes {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  /** Standard deviation of the matrices. */
  readonly initializer_range: number;
}

interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Bytes of the file: normally distributed matrices, norms of ones. */
export function initialWeights(sizes: LlamaSizes, seed: number): Buffer {
  const random = randomFrom(seed);
  const tensors = llamaTensors(sizes);
  const values = tensors.map(({ shape }) => {
    const count = shape.reduce((product, side) => product * side, 1);
    const draw = shape.length === 1 ? () => 1 : () => sizes.initializer_range * normal(random);
    return Buffer.from(Float32Array.from({ length: count }, draw).buffer);
  });
  return Buffer.concat([buildHeader(tensors), ...values]);
}

/** Names and shapes (rows: outputs) as Hugging Face has them. */
export function llamaTensors(sizes: LlamaSizes): TensorShape[] {
  const hidden = sizes.hidden_size;
  const layers = Array.from({ length: sizes.num_hidden_layers }, (_, layer) => layerTensors(sizes, layer));
  return [
    { name: 'model.embed_tokens.weight', shape: [sizes.vocab_size, hidden] },
    ...layers.flat(),
    { name: 'model.norm.weight', shape: [hidden] },
  ];
}

function layerTensors(sizes: LlamaSizes, layer: number): TensorShape[] {
  const { hidden_size: hidden, intermediate_size: inner, head_dim: headWidth } = sizes;
  const queries = sizes.num_attention_heads * headWidth;
  const keys = sizes.num_key_value_heads * headWidth;
  const shapes: Record<string, readonly number[]> = {
    input_layernorm: [hidden],
    'self_attn.q_proj': [queries, hidden],
    'self_attn.k_proj': [keys, hidden],
    'self_attn.v_proj': [keys, hidden],
    'self_attn.o_proj': [hidden, queries],
    post_attention_layernorm: [hidden],
    'mlp.gate_proj': [inner, hidden],
    'mlp.up_proj': [inner, hidden],
    'mlp.down_proj': [hidden, inner],
  };
  return Object.entries(shapes).map(([name, shape]) => ({ name: `model.layers.${layer}.${name}.weight`, shape }));
}
