/** Text generation: the prompt once, then token by token on cached keys and values. */
import * as tf from '@tensorflow/tfjs-core';
import { ProspectError } from '../../core/errors.js';
import { randomFrom } from '../../core/order/mix.js';
import { release, scope } from '../engine/kernels/scope.js';
import { type Decoder, forwardKeeping } from './decoder.js';
import { logitsOf } from './head.js';
import type { Role } from './layers/linear.js';
import type { KeysAndValues } from './layers/self-attention.js';
import { type Sampling, sampleToken } from './sample.js';

export interface GenerateOptions extends Sampling {
  readonly maxTokens: number;
  readonly seed: number;
  /** Ends the text; not part of the result. */
  readonly stopTokenIds: readonly number[];
  /** reference answers as the model does without its adapter. */
  readonly role?: Role;
}

/**
 * Continues a prompt.
 * @returns the new token ids, at most `maxTokens`, fewer when a stop token comes or the model's positions end.
 * @throws DATA_INVALID for an empty prompt or one that fills the model's positions.
 */
export function* generateTokens(decoder: Decoder, prompt: Uint32Array, options: GenerateOptions): Generator<number> {
  const { maxPositions } = decoder.spec;
  if (prompt.length === 0 || prompt.length >= maxPositions) {
    throw new ProspectError(
      'DATA_INVALID',
      `The prompt has ${prompt.length} tokens; this model takes 1 to ${maxPositions - 1}.`,
    );
  }
  const random = randomFrom(options.seed);
  let earlier: KeysAndValues[] | undefined;
  const room = Math.min(options.maxTokens, maxPositions - prompt.length);
  try {
    let newest = prompt;
    for (let made = 0; made < room; made++) {
      const next = lastLogits(decoder, newest, earlier, options.role ?? 'policy');
      release(earlier ?? []);
      earlier = next.all;
      const token = sampleToken(next.logits, options, random());
      if (options.stopTokenIds.includes(token)) return;
      yield token;
      newest = Uint32Array.of(token);
    }
  } finally {
    release(earlier ?? []);
  }
}

/** @returns the logits after the newest tokens, and keys and values of all tokens so far, which the caller owns. */
function lastLogits(
  decoder: Decoder,
  newest: Uint32Array,
  earlier: readonly KeysAndValues[] | undefined,
  role: Role,
): { logits: Float32Array; all: KeysAndValues[] } {
  const { length } = newest;
  const before = { start: 0, length: earlier?.[0]?.k.shape[0] ?? 0 };
  const rows = { tokenIds: Int32Array.from(newest), spans: [{ start: 0, length, before }] };
  const { logits, all } = scope(() => {
    const { hidden, keysAndValues } = forwardKeeping(decoder, rows, role, earlier);
    const all = keysAndValues.map((own, layer) => joined(earlier?.[layer], own));
    return { logits: logitsOf(decoder.head, hidden, length - 1, 1), all };
  });
  const values = logits.dataSync<'float32'>();
  logits.dispose();
  return { logits: values, all };
}

function joined(earlier: KeysAndValues | undefined, own: KeysAndValues): KeysAndValues {
  if (earlier === undefined) return own;
  return { k: tf.concat([earlier.k, own.k]), v: tf.concat([earlier.v, own.v]) };
}
