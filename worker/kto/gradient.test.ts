import { beforeAll, describe, expect, it } from 'vitest';
import { exampleLoss, type LossSettings } from '../../core/kto.js';
import { ENGINES } from '../../test/support/engines.js';
import { modelFolder, type ParityCase } from '../../test/support/parity-data.js';
import type { SequenceInput } from '../compute/compute.js';
import { loadEngine } from '../engine/load.js';
import { buildDecoder, weightsOf } from '../model/build-decoder.js';
import type { Decoder } from '../model/decoder.js';
import { gradientSink } from '../model/gradient-sink.js';
import { attachAdapters } from '../model/lora.js';
import { makeTrainable, type TrainableParameters } from '../model/weights.js';
import { leafGradient } from './gradient.js';
import { leafPasses } from './leaf-passes.js';
import { scoreSequences } from './score.js';

const LOSS: LossSettings = { type: 'kto', beta: 0.5, desirableWeight: 1, undesirableWeight: 1.3, sftWeight: 0.2 };
const Z0 = 0.4;
const SFT_SCALE = 1.5;

function sequence(row: number, length: number, promptLength: number): SequenceInput {
  const tokenIds = Uint32Array.from({ length }, (_, t) => (row * 131 + t * 37 + 5) % 500);
  return { row, tokenIds, promptLength, desirable: row % 2 === 0, referenceLogp: -2 - 5 * (length - promptLength) };
}

const SEQUENCES = [sequence(0, 9, 4), sequence(1, 7, 3), sequence(2, 6, 1)];

/** The loss that the gradient belongs to, from a plain forward pass. */
function lossOf(decoder: Decoder, sequences: readonly SequenceInput[]): number {
  const scores = scoreSequences(decoder, { sequences, policy: true, reference: false }, leafPasses(0));
  return scores.reduce((sum, score, i) => {
    const { desirable, tokenIds, promptLength } = sequences[i]!;
    const example = { ...score, desirable, completionLength: tokenIds.length - promptLength };
    return sum + exampleLoss(example, Z0, LOSS, SFT_SCALE).loss;
  }, 0);
}

function gradientOf(
  decoder: Decoder,
  parameters: TrainableParameters,
  sequences: readonly SequenceInput[],
): Float32Array {
  const gradient = new Float32Array(parameters.values.length);
  const leaf = { plan: '', number: 0, sequences };
  leafGradient(decoder, { leaf, loss: LOSS, z0: Z0, sftScale: SFT_SCALE }, leafPasses(0), gradientSink(gradient));
  return gradient;
}

/**
 * Slope of the loss along a direction inside one tensor, by central differences, against the gradient's projection on it.
 * The direction is the gradient itself, normalised: the slope is then the gradient's norm, far above rounding.
 */
function checkSlot(
  decoder: Decoder,
  parameters: TrainableParameters,
  gradient: Float32Array,
  offset: number,
  length: number,
): number {
  const part = gradient.subarray(offset, offset + length);
  const norm = Math.hypot(...part);
  if (norm < 1e-3) return 0;
  const start = parameters.values.slice(offset, offset + length);
  const at = (distance: number): number => {
    for (let i = 0; i < length; i++) parameters.values[offset + i] = start[i]! + (distance * part[i]!) / norm;
    parameters.putBack();
    return lossOf(decoder, SEQUENCES);
  };
  const distance = 4e-3;
  const slope = (at(distance) - at(-distance)) / (2 * distance);
  parameters.values.set(start, offset);
  parameters.putBack();
  return Math.abs(slope - norm) / norm;
}

describe.each(ENGINES)('the gradient of a leaf on %s', (engine) => {
  beforeAll(() => loadEngine(engine, { threads: 1 }));

  it.each<ParityCase>(['llama-full', 'qwen2-full-weighted', 'gpt2-full'])(
    'is the slope of the loss in every tensor of %s',
    async (name) => {
      const decoder = await buildDecoder(modelFolder(name));
      const parameters = makeTrainable(weightsOf(decoder));
      const gradient = gradientOf(decoder, parameters, SEQUENCES);
      for (const { name: tensor, offset, length } of parameters.layout.slots) {
        expect(checkSlot(decoder, parameters, gradient, offset, length), tensor).toBeLessThan(0.01);
      }
    },
  );

  it('is the slope of the loss in every adapter matrix of qwen3, with both halves of the adapter in use', async () => {
    const decoder = await buildDecoder(modelFolder('qwen3-lora'));
    const parameters = makeTrainable(attachAdapters(decoder, { rank: 4, alpha: 8, targets: 'all-linear' }, 1));
    parameters.values.forEach((value, i) => {
      if (value === 0) parameters.values[i] = 0.1 * Math.sin(i);
    });
    parameters.putBack();
    const gradient = gradientOf(decoder, parameters, SEQUENCES);
    for (const { name: tensor, offset, length } of parameters.layout.slots) {
      expect(checkSlot(decoder, parameters, gradient, offset, length), tensor).toBeLessThan(0.01);
    }
  });

  it('does not depend on how sequences are put together, beyond rounding', async () => {
    const decoder = await buildDecoder(modelFolder('llama-full'));
    const parameters = makeTrainable(weightsOf(decoder));
    const together = gradientOf(decoder, parameters, SEQUENCES);
    const apart = SEQUENCES.map((one) => gradientOf(decoder, parameters, [one]));
    const scale = Math.hypot(...together);
    const difference = Math.hypot(
      ...together.map((value, i) => value - apart.reduce((sum, part) => sum + part[i]!, 0)),
    );
    expect(difference / scale).toBeLessThan(2e-6);
  });

  it('has the same bits every time', async () => {
    const decoder = await buildDecoder(modelFolder('gpt2-full'));
    const parameters = makeTrainable(weightsOf(decoder));
    const first = gradientOf(decoder, parameters, SEQUENCES);
    expect(gradientOf(decoder, parameters, SEQUENCES)).toEqual(first);
  });
});
