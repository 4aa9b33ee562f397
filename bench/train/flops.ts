/**
 * The arithmetic that a KTO step needs, from the shapes: floating-point operations of its matrix products, an addition
 * and a multiplication each. It is the same for every trainer, so rates compare. What a trainer does besides is not
 * counted: padding, logits of prompts, forward passes that are repeated, gradients that nobody asked for, attention to
 * what comes later. Elementwise work is not counted either: it is limited by memory, not by multipliers.
 */
import type { LlamaSizes } from '../../examples/quickstart/initial-weights.js';
import type { RowLength } from './row-lengths.js';

export interface StepWork {
  readonly sizes: LlamaSizes;
  /** Rows of the global batch. */
  readonly matched: readonly RowLength[];
  /** The mismatched pairs: scored by policy (and reference), never differentiated. Their prompts are the matched rows'. */
  readonly mismatched: readonly RowLength[];
  /** Rank of the adapters on all linear layers; undefined: every weight is trained. */
  readonly loraRank: number | undefined;
  readonly referenceIsKnown: boolean;
}

/** FLOP of the step. */
export function stepFlop({ sizes, matched, mismatched, loraRank, referenceIsKnown }: StepWork): number {
  const base = sum(matched, (row) => baseForward(sizes, row)) + sum(mismatched, (row) => pairForward(sizes, row));
  const adapters =
    sum(matched, (row) => adapterForward(sizes, lengthOf(row), loraRank)) +
    sum(mismatched, (row) => adapterForward(sizes, ownTokens(row), loraRank));
  const forwards = referenceIsKnown ? base : 2 * base;
  return forwards + adapters + sum(matched, (row) => backward(sizes, row, loraRank));
}

/** Linear layers and attention at every position, the head where completion tokens are predicted. */
function baseForward(sizes: LlamaSizes, row: RowLength): number {
  return linears(sizes, lengthOf(row)) + attention(sizes, row) + head(sizes, row);
}

/** Of a pair: its prompt's keys and values are there already. */
function pairForward(sizes: LlamaSizes, row: RowLength): number {
  const beforeIt = { prompt: lengthOf(row) - ownTokens(row), completion: 0 };
  return linears(sizes, ownTokens(row)) + attention(sizes, row) - attention(sizes, beforeIt) + head(sizes, row);
}

/** The completion, and the prompt's last token, which predicts its first. */
function ownTokens({ completion }: RowLength): number {
  return completion + 1;
}

/**
 * Through each product a gradient goes to its input, at the forward product's cost, and for trained weights one to the
 * weight, at the same cost. Both factors of attention's two products are inputs.
 */
function backward(sizes: LlamaSizes, row: RowLength, loraRank: number | undefined): number {
  const length = lengthOf(row);
  const toInputs = linears(sizes, length) + 2 * attention(sizes, row) + head(sizes, row);
  const toWeights = loraRank === undefined ? linears(sizes, length) + head(sizes, row) : 0;
  return toInputs + toWeights + 2 * adapterForward(sizes, length, loraRank);
}

function linears({ num_hidden_layers: layers, ...sizes }: LlamaSizes, tokens: number): number {
  const weights = linearShapes(sizes).reduce((total, { inputs, outputs }) => total + inputs * outputs, 0);
  return 2 * layers * weights * tokens;
}

function adapterForward(
  { num_hidden_layers: layers, ...sizes }: LlamaSizes,
  tokens: number,
  rank: number | undefined,
): number {
  const sides = linearShapes(sizes).reduce((total, { inputs, outputs }) => total + inputs + outputs, 0);
  return 2 * layers * sides * (rank ?? 0) * tokens;
}

/** Queries times keys and weights times values, where the position looked at is not later. */
function attention(sizes: LlamaSizes, row: RowLength): number {
  const length = lengthOf(row);
  const looks = (length * (length + 1)) / 2;
  return 2 * 2 * sizes.num_hidden_layers * sizes.num_attention_heads * sizes.head_dim * looks;
}

function head(sizes: LlamaSizes, { completion }: RowLength): number {
  return 2 * sizes.hidden_size * sizes.vocab_size * completion;
}

/** A layer's seven linear layers. */
export function linearShapes(
  sizes: Omit<LlamaSizes, 'num_hidden_layers'>,
): { readonly inputs: number; readonly outputs: number }[] {
  const { hidden_size: hidden, intermediate_size: inner, head_dim: headWidth } = sizes;
  const queries = sizes.num_attention_heads * headWidth;
  const keys = sizes.num_key_value_heads * headWidth;
  return [
    { inputs: hidden, outputs: queries },
    { inputs: hidden, outputs: keys },
    { inputs: hidden, outputs: keys },
    { inputs: queries, outputs: hidden },
    { inputs: hidden, outputs: inner },
    { inputs: hidden, outputs: inner },
    { inputs: inner, outputs: hidden },
  ];
}

export function lengthOf({ prompt, completion }: RowLength): number {
  return prompt + completion;
}

function sum<T>(list: readonly T[], value: (item: T) => number): number {
  return list.reduce((total, item) => total + value(item), 0);
}
