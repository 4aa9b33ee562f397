/** Choosing the next token from logits. */

export interface Sampling {
  /** 0 takes the most likely token; 1 samples from the model's own distribution. */
  readonly temperature: number;
  /** Samples among the most likely tokens whose probabilities add up to this; 1 for all. */
  readonly topP: number;
}

/** @param random a number in [0, 1) */
export function sampleToken(logits: Float32Array, { temperature, topP }: Sampling, random: number): number {
  if (temperature === 0) return argMax(logits);
  const probabilities = softmax(logits, temperature);
  const order = topP < 1 ? nucleus(probabilities, topP) : Uint32Array.from(probabilities.keys());
  const total = order.reduce((sum, token) => sum + probabilities[token]!, 0);
  let left = random * total;
  for (const token of order) {
    left -= probabilities[token]!;
    if (left < 0) return token;
  }
  return order[order.length - 1]!;
}

function argMax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

function softmax(logits: Float32Array, temperature: number): Float64Array {
  const top = logits[argMax(logits)]!;
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - top) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** The fewest tokens, most likely first, that hold `topP` of the probability (Holtzman et al., arXiv 1904.09751). */
function nucleus(probabilities: Float64Array, topP: number): Uint32Array {
  const order = Uint32Array.from(probabilities.keys()).sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);
  let held = 0;
  let count = 0;
  while (held < topP && count < order.length) held += probabilities[order[count++]!]!;
  return order.subarray(0, count);
}
