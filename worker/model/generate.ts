/** Text generation: the prompt once, then token by token on cached keys and values. */
import * as tf from '@tensorflow/tfjs-core';
import { ProspectError } from '../../core/errors.js';
import { randomFrom } from '../../core/order/mix.js';
import { release } from '../engine/kernels/scope.js';
import { type Decoder, forwardCached } from './decoder.js';
import { logitsOf } from './head.js';
import type { Role } from './layers/linear.js';
import type { KeyValueCache } from './layers/self-attention.js';
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
  const caches: KeyValueCache[] = decoder.blocks.map(() => ({}));
  const room = Math.min(options.maxTokens, maxPositions - prompt.length);
  try {
    let newest = prompt;
    for (let made = 0, start = 0; made < room; made++) {
      const logits = lastLogits(decoder, newest, start, caches, options.role ?? 'policy');
      start += newest.length;
      const token = sampleToken(logits, options, random());
      if (options.stopTokenIds.includes(token)) return;
      yield token;
      newest = Uint32Array.of(token);
    }
  } finally {
    release(caches);
  }
}

function lastLogits(
  decoder: Decoder,
  tokenIds: Uint32Array,
  start: number,
  caches: KeyValueCache[],
  role: Role,
): Float32Array {
  const length = tokenIds.length;
  const logits = tf.tidy(() => {
    const tokens = { tokenIds: Int32Array.from(tokenIds), batch: 1, length };
    const hidden = forwardCached(decoder, tokens, start, caches, role);
    return logitsOf(decoder.head, hidden, length - 1, 1);
  });
  const values = logits.dataSync<'float32'>();
  logits.dispose();
  return values;
}
