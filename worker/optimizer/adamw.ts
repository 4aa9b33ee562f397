/**
 * AdamW (Loshchilov and Hutter, arXiv 1711.05101) on flat arrays: float64 arithmetic and float32 state, so that the same
 * gradient gives the same bits on every machine and engine. The native engine has the same loop over all its threads.
 */

import type { ParameterLayout } from '../../core/parameters.js';
import { flatFunctions } from '../engine/kernels/fused.js';

export interface AdamSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled; applies to the layout's decayed slots. */
  readonly weightDecay: number;
  /** The gradient is scaled down to this norm. */
  readonly clipNorm: number;
}

/** First and second moments, flat float32. */
export interface AdamState {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

export interface AdamStep {
  readonly gradient: Float32Array;
  /** Norm of the whole gradient before clipping. */
  readonly norm: number;
  readonly learningRate: number;
  /** 1-based, for the bias correction. */
  readonly updateNumber: number;
}

/** Keeps the clip factor finite for a zero gradient; the value that PyTorch uses. */
const CLIP_EPSILON = 1e-6;

export function adamState(length: number): AdamState {
  return { first: new Float32Array(length), second: new Float32Array(length) };
}

/** Changes `values` and `state` in place. */
export function adamUpdate(
  layout: ParameterLayout,
  values: Float32Array,
  state: AdamState,
  step: AdamStep,
  settings: AdamSettings,
): void {
  for (const { offset, length, decayed } of layout.slots) {
    const decay = decayed ? 1 - step.learningRate * settings.weightDecay : 1;
    const part = (array: Float32Array) => array.subarray(offset, offset + length);
    const gradient = part(step.gradient);
    updateSlot(
      part(values),
      { first: part(state.first), second: part(state.second) },
      decay,
      { ...step, gradient },
      settings,
    );
  }
}

/** @param decay what the decoupled decay leaves of a value. */
function updateSlot(
  values: Float32Array,
  { first, second }: AdamState,
  decay: number,
  { gradient, norm, updateNumber, learningRate }: AdamStep,
  { beta1, beta2, epsilon, clipNorm }: AdamSettings,
): void {
  const scale = Math.min(1, clipNorm / (norm + CLIP_EPSILON));
  const rate = learningRate / (1 - beta1 ** updateNumber);
  const secondCorrection = Math.sqrt(1 - beta2 ** updateNumber);
  const native = flatFunctions();
  if (native) {
    const constants = Float64Array.of(scale, beta1, beta2, rate, secondCorrection, epsilon, decay);
    native.adamw(values, first, second, gradient, constants);
    return;
  }
  for (let i = 0; i < values.length; i++) {
    const g = gradient[i]! * scale;
    const m = beta1 * first[i]! + (1 - beta1) * g;
    const v = beta2 * second[i]! + (1 - beta2) * g * g;
    first[i] = m;
    second[i] = v;
    values[i] = values[i]! * decay - (rate * m) / (Math.sqrt(v) / secondCorrection + epsilon);
  }
}
