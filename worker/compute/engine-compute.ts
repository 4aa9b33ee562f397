/** The Compute of a real worker: a model in the tensor engine, gradients and optimizer state in flat arrays. */
import * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../../core/config/schema.js';
import { ProspectError } from '../../core/errors.js';
import { addInto, normOf } from '../engine/kernels/flat.js';
import { bfloat16Gain, usePrecision } from '../engine/kernels/layer-product.js';
import { type Engine, loadEngine } from '../engine/load.js';
import { gradientInParts, scoreInParts } from '../kto/in-parts.js';
import { adamUpdate } from '../optimizer/adamw.js';
import type { AddRequest, Compute, EngineMemory, Loaded, UpdateRequest } from './compute.js';
import { digestOf } from './digest.js';
import { exportState, importState, loadTraining, resetState, type Training } from './training-state.js';

export function engineCompute(): Compute {
  let training: Training | undefined;
  const loaded = (): Training => {
    if (training === undefined)
      throw new ProspectError('PROTOCOL', 'A worker was given work before its model was loaded.');
    return training;
  };
  return {
    async load(config) {
      const engine = await loadEngine(config.engine, { threads: config.threads });
      usePrecision(config.precision);
      training = await loadTraining(config);
      const { layout, shared, values } = training.parameters;
      return {
        ...describeEngine(engine, config.precision),
        parameters: layout.slots,
        values: shared,
        digest: digestOf(values),
      } satisfies Loaded;
    },
    async score(request) {
      const { config, decoder, updated, passes, fits } = loaded();
      if (request.reference && updated && config.method === 'full') {
        throw new ProspectError(
          'PROTOCOL',
          'Reference log-probs of full fine-tuning must be computed before the first update.',
        );
      }
      return scoreInParts(decoder, request, passes, fits);
    },
    gradient: async (request) => {
      const { decoder, parameters, passes, fits } = loaded();
      return gradientInParts(decoder, parameters.layout, request, passes, fits);
    },
    add: async (request) => addInPlace(request),
    measure: async (shared) => {
      const values = new Float32Array(shared);
      return { digest: digestOf(values), norm: normOf(values) };
    },
    update: async (request) => update(loaded(), request),
    exportState: async (into) => exportState(loaded(), into),
    importState: async (from) => importState(loaded(), from),
    async resetState() {
      await resetState(loaded());
      return digestOf(loaded().parameters.values);
    },
    digest: async (shared) => digestOf(new Uint8Array(shared)),
    memory: () => (training ? heldByEngine() : { bytes: 0, tensors: 0 }),
    close: async () => {},
  };
}

/** Asked only when an engine is loaded: it throws without one. */
function heldByEngine(): EngineMemory {
  const { numBytes, numTensors } = tf.memory();
  return { bytes: numBytes, tensors: numTensors };
}

function describeEngine(
  { fingerprint, reason }: Engine,
  precision: RunConfig['precision'],
): Pick<Loaded, 'engine' | 'engineReason'> {
  if (precision === 'float32') return { engine: fingerprint, engineReason: reason };
  const settings = `${fingerprint.settings}, bfloat16 products`;
  const gain = `bfloat16 products are ${bfloat16Gain().toFixed(1)} times as fast as float32 here`;
  return { engine: { ...fingerprint, settings }, engineReason: `${reason}; ${gain}` };
}

function addInPlace({ target, targetOffset, source, sourceOffset, length }: AddRequest): void {
  const part = (shared: SharedArrayBuffer, offset: number) => new Float32Array(shared, offset * 4, length);
  addInto(part(target, targetOffset), part(source, sourceOffset));
}

function update(training: Training, request: UpdateRequest): string {
  const { adamBeta1, adamBeta2, adamEpsilon, weightDecay, clipNorm } = training.config.training;
  const { layout, values, putBack } = training.parameters;
  const settings = { beta1: adamBeta1, beta2: adamBeta2, epsilon: adamEpsilon, weightDecay, clipNorm };
  adamUpdate(layout, values, training.adam, { ...request, gradient: new Float32Array(request.gradient) }, settings);
  training.passes.clear();
  putBack();
  training.updated = true;
  return digestOf(values);
}
