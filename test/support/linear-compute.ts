/**
 * A Compute without tensors, for tests of the protocol: log-probs are linear in a handful of parameters, so that a run
 * takes milliseconds. Deterministic, and float32 like the real one.
 */
import { exampleLoss } from '../../core/kto.js';
import type { Compute, GradientRequest, Loaded, SequenceInput, SequenceScore } from '../../worker/compute/compute.js';
import { digestOf } from '../../worker/compute/digest.js';

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
  // Moments and the update's number count as in the real one, so that a test sees when a worker loses them.
  const first = new Float32Array(PARAMETERS);
  const second = new Float32Array(PARAMETERS);
  const compute: Compute = {
    memory: () => ({ bytes: shared.byteLength, tensors: 1 }),
    load: async () => {
      for (const array of [parameters, first, second]) array.fill(0);
      return {
        engine: changes.engine ?? LINEAR_ENGINE,
        engineReason: 'for tests',
        parameters: [{ name: 'q_proj.lora_A.weight', shape: [1, PARAMETERS], decayed: true }],
        values: shared,
        digest: digestOf(parameters),
      };
    },
    score: async ({ sequences }) => sequences.map((sequence) => scoreOf(sequence, parameters)),
    gradient: async (request) => gradient(request, parameters),
    add: async ({ target, targetOffset, source, sourceOffset, length }) => {
      const [sums, values] = [new Float32Array(target), new Float32Array(source)];
      for (let i = 0; i < length; i++) sums[targetOffset + i]! += values[sourceOffset + i]!;
    },
    measure: async (buffer) => {
      const values = new Float32Array(buffer);
      return { digest: digestOf(values), norm: Math.hypot(...values) };
    },
    update: async ({ gradient: buffer, learningRate, updateNumber }) => {
      const slopes = new Float32Array(buffer);
      for (let i = 0; i < PARAMETERS; i++) {
        first[i] = 0.9 * first[i]! + 0.1 * slopes[i]!;
        second[i] = 0.9 * second[i]! + 0.1 * slopes[i]! ** 2;
        parameters[i]! -= (learningRate * first[i]!) / (1 - 0.9 ** updateNumber);
      }
      return digestOf(parameters);
    },
    exportState: async (into) => {
      new Float32Array(into.parameters).set(parameters);
      if (into.firstMoment.byteLength === 0) return;
      new Float32Array(into.firstMoment).set(first);
      new Float32Array(into.secondMoment).set(second);
    },
    importState: async (from) => {
      parameters.set(new Float32Array(from.parameters));
      first.set(new Float32Array(from.firstMoment));
      second.set(new Float32Array(from.secondMoment));
    },
    resetState: async () => {
      for (const array of [parameters, first, second]) array.fill(0);
      return digestOf(parameters);
    },
    digest: async (buffer) => digestOf(new Uint8Array(buffer)),
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

function gradient({ leaf, loss, z0, sftScale, into }: GradientRequest, parameters: Float32Array): SequenceScore[] {
  const sum = new Float32Array(into).fill(0);
  return leaf.sequences.map((sequence) => {
    const score = scoreOf(sequence, parameters);
    const completionLength = sequence.tokenIds.length - sequence.promptLength;
    const { slope } = exampleLoss({ ...sequence, ...score, completionLength }, z0, loss, sftScale);
    for (const [i, count] of featuresOf(sequence).entries()) sum[i]! += slope * count;
    return score;
  });
}
