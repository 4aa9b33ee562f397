/** What a model is and what training it would take, from its files alone: nothing is loaded. */
import { openCheckpoint } from './checkpoint.js';
import { readSpec } from './families/read-spec.js';
import type { DecoderSpec } from './spec.js';

export interface ModelReport {
  readonly family: string;
  readonly parameters: number;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly vocabulary: number;
  readonly maxPositions: number;
  readonly tiedHead: boolean;
  /** Trainable parameters of an all-linear adapter of rank 16. */
  readonly loraParameters: number;
  /** A worker's weights and optimizer in float32, bytes, without activations. */
  readonly loraBytes: number;
  readonly fullBytes: number;
}

const FLOAT_BYTES = 4;
const DEFAULT_RANK = 16;
/** Per trained parameter: the flat values, the leaf gradient, the reduced gradient and Adam's two moments. */
const ARRAYS_PER_TRAINED = 5;

/** @throws MODEL_INVALID when config.json or the weights cannot be used. */
export async function inspectModel(folder: string): Promise<ModelReport> {
  const spec = await readSpec(folder);
  const checkpoint = openCheckpoint(folder);
  const parameters = checkpoint.names.reduce((sum, name) => {
    return sum + (checkpoint.shapeOf(name) ?? []).reduce((product, side) => product * side, 1);
  }, 0);
  checkpoint.close();
  const loraParameters = spec.layerCount * DEFAULT_RANK * linearSides(spec);
  return {
    family: spec.family,
    parameters,
    layers: spec.layerCount,
    hiddenSize: spec.hiddenSize,
    heads: spec.headCount,
    keyValueHeads: spec.keyValueHeadCount,
    vocabulary: spec.vocabularySize,
    maxPositions: spec.maxPositions,
    tiedHead: spec.tiedHead,
    loraParameters,
    loraBytes: FLOAT_BYTES * (parameters + ARRAYS_PER_TRAINED * loraParameters),
    fullBytes: FLOAT_BYTES * (1 + ARRAYS_PER_TRAINED) * parameters,
  };
}

/** Sum over a block's linear layers of input plus output width: an adapter of rank r has r times that. */
function linearSides(spec: DecoderSpec): number {
  const { hiddenSize, headSize, headCount, keyValueHeadCount, mlpSize } = spec;
  const query = headCount * headSize;
  const key = keyValueHeadCount * headSize;
  const attentionIn = spec.fusedQueryKeyValue ? hiddenSize + query + 2 * key : 3 * hiddenSize + query + 2 * key;
  const mlp = (spec.gatedMlp ? 3 : 2) * (hiddenSize + mlpSize);
  return attentionIn + query + hiddenSize + mlp;
}
