/**
 * What a decoder is made of, free of any family's naming: the one description that the model code reads.
 * Families (families/) translate a Hugging Face config.json into it.
 */

export interface RopeSpec {
  readonly theta: number;
  /** Divides every frequency (linear position interpolation); 1 for none. */
  readonly linearFactor: number;
  /** Llama 3's frequency-dependent interpolation. */
  readonly llama3?: {
    readonly factor: number;
    readonly lowFrequencyFactor: number;
    readonly highFrequencyFactor: number;
    readonly originalLength: number;
  };
}

export type Activation = 'silu' | 'gelu' | 'geluTanh' | 'relu';

export interface DecoderSpec {
  /** model_type of config.json. */
  readonly family: string;
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly layerCount: number;
  readonly headCount: number;
  /** Heads of keys and values; fewer than headCount for grouped-query attention. */
  readonly keyValueHeadCount: number;
  readonly headSize: number;
  readonly mlpSize: number;
  readonly activation: Activation;
  /** rms: RMSNorm, no bias. layer: LayerNorm with bias. */
  readonly norm: 'rms' | 'layer';
  readonly normEpsilon: number;
  /** Rotary positions; without it positions are learned. */
  readonly rope?: RopeSpec;
  /** Longest sequence the model was made for. */
  readonly maxPositions: number;
  /** RMSNorm on each head of queries and keys (Qwen3). */
  readonly queryKeyNorm: boolean;
  /** Attention reaches back this many positions; one entry a layer, undefined for all. */
  readonly windows: readonly (number | undefined)[];
  /** The output head is the token embedding. */
  readonly tiedHead: boolean;
  /** Gate and up projection (SwiGLU) instead of one. */
  readonly gatedMlp: boolean;
  /** Queries, keys and values come from one matrix (GPT-2). */
  readonly fusedQueryKeyValue: boolean;
  /** Linear weights are stored [in, out] (GPT-2's Conv1D) instead of [out, in]. */
  readonly linearLayout: 'outIn' | 'inOut';
  readonly biases: { readonly queryKeyValue: boolean; readonly attentionOutput: boolean; readonly mlp: boolean };
  readonly names: TensorNames;
}

/** Tensor names in the checkpoint; norms and linears without `.weight` / `.bias`. */
export interface TensorNames {
  readonly embedding: string;
  readonly positions?: string;
  readonly finalNorm: string;
  readonly head: string;
  readonly layer: (index: number) => LayerNames;
}

export interface LayerNames {
  readonly attentionNorm: string;
  readonly mlpNorm: string;
  /** One name when fused, else query, key, value. */
  readonly queryKeyValue: readonly string[];
  readonly queryNorm?: string;
  readonly keyNorm?: string;
  readonly attentionOutput: string;
  /** Gate and up, or up alone. */
  readonly mlpIn: readonly string[];
  readonly mlpOut: string;
}
