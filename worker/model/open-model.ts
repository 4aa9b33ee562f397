/** A model opened for reading: generation, evaluation, merging. Training goes through worker/compute. */
import * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../../core/config/schema.js';
import { type Engine, loadEngine } from '../engine/load.js';
import { buildDecoder, weightsOf } from './build-decoder.js';
import { type Decoder, forward } from './decoder.js';
import { logitsOf } from './head.js';
import { applyAdapter } from './lora.js';
import { layRows } from './token-rows.js';

export interface OpenRequest {
  /** Hugging Face folder. */
  readonly folder: string;
  /** Adapter folder in PEFT's layout. */
  readonly adapter?: string;
  readonly engine: RunConfig['engine'];
  readonly threads: number;
}

export interface OpenedModel {
  readonly engine: Engine;
  readonly decoder: Decoder;
  /** Logits of every position, a row of the vocabulary each. */
  logits(tokenIds: Uint32Array): Float32Array[];
  dispose(): void;
}

/** @throws ENGINE_UNAVAILABLE or MODEL_INVALID. */
export async function openModel({ folder, adapter, engine: choice, threads }: OpenRequest): Promise<OpenedModel> {
  const engine = await loadEngine(choice, { threads });
  const decoder = await buildDecoder(folder);
  if (adapter !== undefined) applyAdapter(decoder, adapter);
  return {
    engine,
    decoder,
    logits: (tokenIds) => logitsPerPosition(decoder, tokenIds),
    dispose: () => {
      for (const { tensor } of weightsOf(decoder)) tensor.dispose();
    },
  };
}

function logitsPerPosition(decoder: Decoder, tokenIds: Uint32Array): Float32Array[] {
  const length = tokenIds.length;
  const all = tf.tidy(() => {
    const hidden = forward(decoder, layRows([tokenIds]), 'policy');
    return logitsOf(decoder.head, hidden, 0, length);
  });
  const values = all.dataSync<'float32'>();
  const width = all.shape[1];
  all.dispose();
  return Array.from({ length }, (_, position) => values.slice(position * width, (position + 1) * width));
}
