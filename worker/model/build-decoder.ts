/** From a model folder to a Decoder in the engine. */
import { ProspectError } from '../../core/errors.js';
import { type Checkpoint, openCheckpoint } from './checkpoint.js';
import type { Decoder } from './decoder.js';
import { readSpec } from './families/read-spec.js';
import type { Block } from './layers/block.js';
import type { Linear } from './layers/linear.js';
import type { Norm } from './layers/norm.js';
import type { DecoderSpec, LayerNames } from './spec.js';
import { frozenWeight, type Weight } from './weights.js';

/**
 * Loads every tensor that the model's config.json calls for; others (old masks, rotary tables) are ignored.
 * @throws MODEL_INVALID naming what is missing or wrong.
 */
export async function buildDecoder(folder: string): Promise<Decoder> {
  const spec = await readSpec(folder);
  const checkpoint = openCheckpoint(folder);
  try {
    const loader = weightLoader(checkpoint);
    const { names, hiddenSize, vocabularySize } = spec;
    const embedding = loader(`${names.embedding}.weight`, [vocabularySize, hiddenSize]);
    const positions = names.positions && loader(`${names.positions}.weight`, [spec.maxPositions, hiddenSize]);
    const blocks = Array.from({ length: spec.layerCount }, (_, layer) => buildBlock(spec, names.layer(layer), loader));
    const finalNorm = buildNorm(spec, names.finalNorm, hiddenSize, loader);
    const head = spec.tiedHead ? embedding : loader(`${names.head}.weight`, [vocabularySize, hiddenSize]);
    return { spec, embedding, blocks, finalNorm, head, ...(positions && { positions }) };
  } finally {
    checkpoint.close();
  }
}

/** Every weight of the model once, in the order of saved files. */
export function weightsOf(decoder: Decoder): Weight[] {
  const ofNorm = ({ weight, bias }: Norm): (Weight | undefined)[] => [weight, bias];
  const ofLinear = ({ weight, bias }: Linear): (Weight | undefined)[] => [weight, bias];
  const ofBlock = ({ attentionNorm, attention, mlpNorm, mlp }: Block): (Weight | undefined)[] => [
    ...ofNorm(attentionNorm),
    ...linearsOf(attention.projections).flatMap(ofLinear),
    ...[attention.queryNorm, attention.keyNorm].flatMap((norm) => (norm === undefined ? [] : ofNorm(norm))),
    ...ofLinear(attention.output),
    ...ofNorm(mlpNorm),
    ...linearsOf([mlp.gate, mlp.up, mlp.down]).flatMap(ofLinear),
  ];
  const all = [
    decoder.embedding,
    decoder.positions,
    ...decoder.blocks.flatMap(ofBlock),
    ...ofNorm(decoder.finalNorm),
    decoder.head,
  ];
  return [...new Set(all.filter((weight) => weight !== undefined))];
}

/** The linear layers inside the blocks, the ones that can get an adapter. */
export function adaptableLinears(decoder: Decoder): Linear[] {
  return decoder.blocks.flatMap(({ attention, mlp }) =>
    linearsOf([...attention.projections, attention.output, mlp.gate, mlp.up, mlp.down]),
  );
}

function linearsOf(candidates: readonly (Linear | undefined)[]): Linear[] {
  return candidates.filter((linear) => linear !== undefined);
}

type Loader = (name: string, shape: readonly number[]) => Weight;

/** GPT-2 checkpoints come with and without the `transformer.` in front; saved files have it. */
function weightLoader(checkpoint: Checkpoint): Loader {
  return (name, shape) => {
    const bare = name.replace(/^transformer\./, '');
    const stored = !checkpoint.has(name) && checkpoint.has(bare) ? bare : name;
    return frozenWeight(name, shape, checkpoint.read(stored, shape));
  };
}

function buildBlock(spec: DecoderSpec, names: LayerNames, loader: Loader): Block {
  const { hiddenSize, headSize, headCount, keyValueHeadCount, mlpSize, biases } = spec;
  const [queryWidth, keyWidth] = [headCount * headSize, keyValueHeadCount * headSize];
  const widths = spec.fusedQueryKeyValue ? [queryWidth + 2 * keyWidth] : [queryWidth, keyWidth, keyWidth];
  const linear = (name: string, inSize: number, outSize: number, biased: boolean): Linear =>
    buildLinear(spec, name, [inSize, outSize], biased, loader);
  const norm = (name: string, width: number): Norm => buildNorm(spec, name, width, loader);
  const projections = names.queryKeyValue.map((name, i) => linear(name, hiddenSize, widths[i]!, biases.queryKeyValue));
  const [gate, up] = names.mlpIn.map((name) => linear(name, hiddenSize, mlpSize, biases.mlp));
  if (gate === undefined) throw new ProspectError('INTERNAL', 'A family without MLP input names.');
  return {
    attentionNorm: norm(names.attentionNorm, hiddenSize),
    attention: {
      headCount,
      keyValueHeadCount,
      headSize,
      projections,
      output: linear(names.attentionOutput, queryWidth, hiddenSize, biases.attentionOutput),
      ...(names.queryNorm && { queryNorm: norm(names.queryNorm, headSize) }),
      ...(names.keyNorm && { keyNorm: norm(names.keyNorm, headSize) }),
    },
    mlpNorm: norm(names.mlpNorm, hiddenSize),
    mlp: {
      activation: spec.activation,
      gate,
      down: linear(names.mlpOut, mlpSize, hiddenSize, biases.mlp),
      ...(up && { up }),
    },
  };
}

function buildLinear(
  spec: DecoderSpec,
  name: string,
  [inSize, outSize]: [number, number],
  biased: boolean,
  loader: Loader,
): Linear {
  const layout = spec.linearLayout;
  const weight = loader(`${name}.weight`, layout === 'outIn' ? [outSize, inSize] : [inSize, outSize]);
  const bias = biased ? loader(`${name}.bias`, [outSize]) : undefined;
  return { name, inSize, outSize, layout, weight, ...(bias && { bias }) };
}

function buildNorm(spec: DecoderSpec, name: string, width: number, loader: Loader): Norm {
  const weight = loader(`${name}.weight`, [width]);
  const bias = spec.norm === 'layer' ? loader(`${name}.bias`, [width]) : undefined;
  return { kind: spec.norm, epsilon: spec.normEpsilon, weight, ...(bias && { bias }) };
}
