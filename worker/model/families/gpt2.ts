/** GPT-2: LayerNorm, learned positions, one fused query-key-value matrix, weights stored [in, out]. */
import { z } from 'zod';
import { ProspectError } from '../../../core/errors.js';
import type { Activation, DecoderSpec, LayerNames, TensorNames } from '../spec.js';

export const Gpt2ConfigSchema = z.looseObject({
  model_type: z.literal('gpt2'),
  vocab_size: z.int().positive(),
  n_embd: z.int().positive(),
  n_layer: z.int().positive(),
  n_head: z.int().positive(),
  n_positions: z.int().positive(),
  n_inner: z.int().positive().nullish(),
  activation_function: z.string().default('gelu_new'),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  tie_word_embeddings: z.boolean().default(true),
  scale_attn_weights: z.literal(true).default(true),
  scale_attn_by_inverse_layer_idx: z.literal(false).default(false),
});

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu_new: 'geluTanh',
  gelu_pytorch_tanh: 'geluTanh',
  gelu: 'gelu',
  relu: 'relu',
};

export function gpt2Spec(config: z.output<typeof Gpt2ConfigSchema>, file: string): DecoderSpec {
  const activation = ACTIVATIONS[config.activation_function];
  if (activation === undefined) {
    const known = Object.keys(ACTIVATIONS).join(', ');
    throw new ProspectError(
      'MODEL_INVALID',
      `${file}: activation_function ${config.activation_function} is not supported; ${known} are.`,
    );
  }
  return {
    family: 'gpt2',
    vocabularySize: config.vocab_size,
    hiddenSize: config.n_embd,
    layerCount: config.n_layer,
    headCount: config.n_head,
    keyValueHeadCount: config.n_head,
    headSize: config.n_embd / config.n_head,
    mlpSize: config.n_inner ?? 4 * config.n_embd,
    activation,
    norm: 'layer',
    normEpsilon: config.layer_norm_epsilon,
    maxPositions: config.n_positions,
    queryKeyNorm: false,
    windows: Array.from({ length: config.n_layer }, () => undefined),
    tiedHead: config.tie_word_embeddings,
    gatedMlp: false,
    fusedQueryKeyValue: true,
    linearLayout: 'inOut',
    biases: { queryKeyValue: true, attentionOutput: true, mlp: true },
    names: gpt2Names(),
  };
}

function gpt2Names(): TensorNames {
  const layer = (index: number): LayerNames => {
    const prefix = `transformer.h.${index}`;
    return {
      attentionNorm: `${prefix}.ln_1`,
      mlpNorm: `${prefix}.ln_2`,
      queryKeyValue: [`${prefix}.attn.c_attn`],
      attentionOutput: `${prefix}.attn.c_proj`,
      mlpIn: [`${prefix}.mlp.c_fc`],
      mlpOut: `${prefix}.mlp.c_proj`,
    };
  };
  return {
    embedding: 'transformer.wte',
    positions: 'transformer.wpe',
    finalNorm: 'transformer.ln_f',
    head: 'lm_head',
    layer,
  };
}
