/**
 * A Compute without tensors, for tests of the protocol: log-probs are linear in a handful of parameters, so that a run
 * takes milliseconds. Deterministic, and float32 like the real one.
 */
import { createHash } from 'node:crypto';
import { exampleLoss } from '../../core/kto.js';
import type { Compute, GradientRequest, Loaded, SequenceInput, SequenceScore } from '../../worker/compute/compute.js';

const PARAMETERS = 37;

export const LINEAR_ENGINE: Loaded['engine'] = {
  engine: 'linear',
  version: '1',
  threads: 1,
  settings: 'none',
  processor: 'any',
};

/** @param changes what this worker does differently from the others. */
export function linearCompute(changes: Partial<Compute> & { engine?: Loaded['engine'] } = {}): Compute {
  const shared = new SharedArrayBuffer(PARAMETERS * 4);
  const parameters = new Float32Array(shared);
  const compute: Compute = {
    load: async () => ({
      engine: changes.engine ?? LINEAR_ENGINE,
      engineReason: 'for tests',
      parameters: [{ name: 'q_proj.lora_A.weight', shape: [1, PARAMETERS], decayed: true }],
      values: shared,
      digest: digestOf(parameters),
    }),
    score: async ({ sequences }) => sequences.map((sequence) => scoreOf(sequence, parameters)),
    gradient: async (request) => gradient(request, parameters),
    add: async ({ target, targetOffset, source, sourceOffset, length }) => {
      const [sums, values] = [new Float32Array(target), new Float32Array(source)];
      for (let i = 0; i < length; i++) sums[targetOffset + i]! += values[sourceOffset + i]!;
    },
    divide: async ({ target, offset, length, divisor }) => {
      const values = new Float32Array(target);
      for (let i = offset; i < offset + length; i++) values[i]! /= divisor;
    },
    measure: async (buffer) => {
      const values = new Float32Array(buffer);
      return { digest: digestOf(values), norm: Math.hypot(...values) };
    },
    update: async ({ gradient: buffer, learningRate }) => {
      const slopes = new Float32Array(buffer);
      for (let i = 0; i < PARAMETERS; i++) parameters[i]! -= learningRate * slopes[i]!;
    },
    close: async () => undefined,
  };
  const { engine: _, ...methods } = changes;
  return { ...compute, ...methods };
}

/** How often each kind of token stands in the completion. */
function featuresOf({ tokenIds, promptLength }: SequenceInput): Float64Array {
  const features = new Float64Array(PARAMETERS);
  for (const token of tokenIds.subarray(promptLength)) features[(token + promptLength) % PARAMETERS]! += 1;
  return features;
}

/** The reference is the start, where all parameters are 0. */
function scoreOf(sequence: SequenceInput, parameters: Float32Array): SequenceScore {
  const features = featuresOf(sequence);
  const length = sequence.tokenIds.length - sequence.promptLength;
  const referenceLogp = sequence.referenceLogp ?? -2 * length;
  const policyLogp = -2 * length + features.reduce((sum, count, i) => sum + count * parameters[i]!, 0);
  return { row: sequence.row, policyLogp, referenceLogp, entropySum: length, logitSum: 0 };
}

function gradient({ sequences, loss, z0, sftScale, into }: GradientRequest, parameters: Float32Array): SequenceScore[] {
  const sum = new Float32Array(into).fill(0);
  return sequences.map((sequence) => {
    const score = scoreOf(sequence, parameters);
    const completionLength = sequence.tokenIds.length - sequence.promptLength;
    const { slope } = exampleLoss({ ...sequence, ...score, completionLength }, z0, loss, sftScale);
    for (const [i, count] of featuresOf(sequence).entries()) sum[i]! += slope * count;
    return score;
  });
}

function digestOf(values: Float32Array): string {
  return createHash('sha256')
    .update(new Uint8Array(values.buffer, 0, values.byteLength))
    .digest('hex');
}
