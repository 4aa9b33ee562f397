/**
 * What the compute thread does for the main thread: everything that touches tensors or long arrays.
 * Flat arrays (gradients, parameters) travel as SharedArrayBuffer, never copied between the threads.
 */

import type { RunConfig } from '../../core/config/schema.js';
import type { EngineFingerprint } from '../../core/fingerprint.js';
import type { LossSettings } from '../../core/kto.js';
import type { Parameter } from '../../core/parameters.js';

/** A row, or a row's prompt with another row's completion. */
export interface SequenceInput {
  readonly row: number;
  /** Prompt and completion. */
  readonly tokenIds: Uint32Array;
  readonly promptLength: number;
  readonly desirable: boolean;
  /** Nats, where known already. */
  readonly referenceLogp?: number;
}

/** Log-probs in nats; sums run over completion tokens. */
export interface SequenceScore {
  readonly row: number;
  readonly policyLogp: number;
  readonly referenceLogp: number;
  /** Sum of the entropies of the predicted distributions, nats. */
  readonly entropySum: number;
  /** Sum of the mean logits over the vocabulary. */
  readonly logitSum: number;
}

export interface Loaded {
  readonly engine: EngineFingerprint;
  /** Why this engine was taken, for a person. */
  readonly engineReason: string;
  readonly parameters: readonly Parameter[];
  /** Live flat float32 parameters; the compute thread alone writes them. */
  readonly values: SharedArrayBuffer;
  /** SHA-256 of the values, hex. */
  readonly digest: string;
}

/** One leaf of a step. */
export interface Leaf {
  /** Names the step and the attempt at it. */
  readonly plan: string;
  /** In the reduction tree. */
  readonly number: number;
  readonly sequences: readonly SequenceInput[];
}

export interface ScoreRequest {
  readonly sequences: readonly SequenceInput[];
  /** The leaf of the same rows, whose prompts these share: what they have in common is computed once. */
  readonly beside?: Leaf;
  /** The gradient of `beside` comes next: its forward pass may be kept. */
  readonly keepsBeside?: boolean;
  readonly policy: boolean;
  /** Computes the reference of sequences that carry none. */
  readonly reference: boolean;
}

export interface GradientRequest {
  readonly leaf: Leaf;
  readonly loss: LossSettings;
  readonly z0: number;
  readonly sftScale: number;
  /** Receives the leaf's gradient: the sum over its examples, flat float32. */
  readonly into: SharedArrayBuffer;
}

export interface AddRequest {
  /** target[targetOffset + i] += source[sourceOffset + i], float32; offsets and length in elements. */
  readonly target: SharedArrayBuffer;
  readonly targetOffset: number;
  readonly source: SharedArrayBuffer;
  readonly sourceOffset: number;
  readonly length: number;
}

export interface UpdateRequest {
  readonly gradient: SharedArrayBuffer;
  /** Norm of the whole gradient, as `measure` gave it. */
  readonly norm: number;
  readonly learningRate: number;
  /** 1-based number of the update, for Adam's bias correction. */
  readonly updateNumber: number;
}

/** All that training changes: three flat float32 arrays in the order of the flat gradient. */
export interface StateArrays {
  readonly parameters: SharedArrayBuffer;
  readonly firstMoment: SharedArrayBuffer;
  readonly secondMoment: SharedArrayBuffer;
}

/** What the tensor engine holds. */
export interface EngineMemory {
  readonly bytes: number;
  readonly tensors: number;
}

export interface Compute {
  /** Loads the engine and the model that the configuration names. */
  load(config: RunConfig): Promise<Loaded>;
  score(request: ScoreRequest): Promise<SequenceScore[]>;
  gradient(request: GradientRequest): Promise<SequenceScore[]>;
  add(request: AddRequest): Promise<void>;
  /** SHA-256 (hex) and Euclidean norm (summed in float64, in a fixed order) of a flat float32 array. */
  measure(values: SharedArrayBuffer): Promise<{ digest: string; norm: number }>;
  /** Clips, applies AdamW to the parameters and puts them into the model. @returns the parameters' SHA-256, hex. */
  update(request: UpdateRequest): Promise<string>;
  /** Copies parameters, and moments where there is room for them, into these arrays, between two updates. */
  exportState(into: StateArrays): Promise<void>;
  /** Copies parameters and moments from these arrays and puts the parameters into the model. */
  importState(from: StateArrays): Promise<void>;
  /** Back to what the base model and the seed give. @returns the parameters' SHA-256, hex. */
  resetState(): Promise<string>;
  /** SHA-256 (hex) of bytes that nobody changes meanwhile; beside the tensor work, which does not wait for it. */
  digest(values: SharedArrayBuffer): Promise<string>;
  /** As it was at the last answer. */
  memory(): EngineMemory;
  close(): Promise<void>;
}
