/** Llama and the families that share its shape: Mistral, Qwen2 and Qwen3. */
import { z } from 'zod';
import { ProspectError } from '../../../core/errors.js';
import type { DecoderSpec, LayerNames, RopeSpec, TensorNames } from '../spec.js';

const RopeSchema = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: z.int().positive().optional(),
});

export const LlamaConfigSchema = z.looseObject({
  model_type: z.enum(['llama', 'mistral', 'qwen2', 'qwen3']),
  vocab_size: z.int().positive(),
  hidden_size: z.int().positive(),
  intermediate_size: z.int().positive(),
  num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(),
  num_key_value_heads: z.int().positive().nullish(),
  head_dim: z.int().positive().nullish(),
  hidden_act: z.string().default('silu'),
  max_position_embeddings: z.int().positive().default(2048),
  rms_norm_eps: z.number().positive().default(1e-6),
  rope_theta: z.number().positive().default(10_000),
  rope_scaling: RopeSchema.nullish(),
  rope_parameters: RopeSchema.nullish(),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(false),
  sliding_window: z.int().positive().nullish(),
  use_sliding_window: z.boolean().nullish(),
  layer_types: z.array(z.string()).nullish(),
});

type LlamaConfig = z.output<typeof LlamaConfigSchema>;

export function llamaSpec(config: LlamaConfig, file: string): DecoderSpec {
  if (config.hidden_act !== 'silu') {
    throw new ProspectError('MODEL_INVALID', `${file}: hidden_act ${config.hidden_act} is not supported; silu is.`);
  }
  const qwen = config.model_type === 'qwen2';
  return {
    family: config.model_type,
    vocabularySize: config.vocab_size,
    hiddenSize: config.hidden_size,
    layerCount: config.num_hidden_layers,
    headCount: config.num_attention_heads,
    keyValueHeadCount: config.num_key_value_heads ?? config.num_attention_heads,
    headSize: config.head_dim ?? config.hidden_size / config.num_attention_heads,
    mlpSize: config.intermediate_size,
    activation: 'silu',
    norm: 'rms',
    normEpsilon: config.rms_norm_eps,
    rope: ropeSpec(config, file),
    maxPositions: config.max_position_embeddings,
    queryKeyNorm: config.model_type === 'qwen3',
    windows: windowsOf(config),
    tiedHead: config.tie_word_embeddings,
    gatedMlp: true,
    fusedQueryKeyValue: false,
    linearLayout: 'outIn',
    biases: {
      queryKeyValue: qwen || config.attention_bias,
      attentionOutput: !qwen && config.attention_bias,
      mlp: config.mlp_bias,
    },
    names: llamaNames(config.model_type === 'qwen3'),
  };
}

/** rope_parameters (transformers 5) or rope_theta with rope_scaling (before). */
function ropeSpec(config: LlamaConfig, file: string): RopeSpec {
  const rope = config.rope_parameters ?? config.rope_scaling ?? {};
  const type = rope.rope_type ?? rope.type ?? 'default';
  const theta = rope.rope_theta ?? config.rope_theta;
  if (type === 'default') return { theta, linearFactor: 1 };
  if (type === 'linear') return { theta, linearFactor: rope.factor ?? 1 };
  if (type === 'llama3') {
    return {
      theta,
      linearFactor: 1,
      llama3: {
        factor: rope.factor ?? 8,
        lowFrequencyFactor: rope.low_freq_factor ?? 1,
        highFrequencyFactor: rope.high_freq_factor ?? 4,
        originalLength: rope.original_max_position_embeddings ?? 8192,
      },
    };
  }
  throw new ProspectError(
    'MODEL_INVALID',
    `${file}: rope type ${type} is not supported; default, linear and llama3 are.`,
  );
}

function windowsOf(config: LlamaConfig): (number | undefined)[] {
  const window = config.sliding_window ?? undefined;
  const used = config.model_type === 'mistral' || config.use_sliding_window === true;
  return Array.from({ length: config.num_hidden_layers }, (_, layer) => {
    const type = config.layer_types?.[layer];
    if (type !== undefined) return type === 'sliding_attention' ? window : undefined;
    return used ? window : undefined;
  });
}

function llamaNames(queryKeyNorm: boolean): TensorNames {
  const layer = (index: number): LayerNames => {
    const prefix = `model.layers.${index}`;
    return {
      attentionNorm: `${prefix}.input_layernorm`,
      mlpNorm: `${prefix}.post_attention_layernorm`,
      queryKeyValue: ['q_proj', 'k_proj', 'v_proj'].map((name) => `${prefix}.self_attn.${name}`),
      ...(queryKeyNorm && { queryNorm: `${prefix}.self_attn.q_norm`, keyNorm: `${prefix}.self_attn.k_norm` }),
      attentionOutput: `${prefix}.self_attn.o_proj`,
      mlpIn: [`${prefix}.mlp.gate_proj`, `${prefix}.mlp.up_proj`],
      mlpOut: `${prefix}.mlp.down_proj`,
    };
  };
  return { embedding: 'model.embed_tokens', finalNorm: 'model.norm', head: 'lm_head', layer };
}
