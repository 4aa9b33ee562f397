/**
 * Training in miniature: parameters are a hash, a step hashes into them everything that must not differ. Rows, their
 * order, the reference point, the grouping of the reduction and the update all show in the final hash, so that a leaf
 * left out, taken twice or computed with other parameters cannot go unnoticed.
 */
import { hashIntegers } from '../../core/order/mix.js';
import { permutation } from '../../core/order/permutation.js';
import { firstLeaf, rootNode, type TreeNode } from '../../core/reduction-tree.js';
import { createRandom } from './scheduler.js';

export interface Parameters {
  readonly step: number;
  readonly weights: number;
  readonly moments: number;
}

export interface Model {
  readonly seed: number;
  readonly rows: number;
  readonly globalBatch: number;
  readonly totalSteps: number;
  /** Rows whose mismatched scores are not finite with some partners: see badPairsOf. */
  readonly badPairs: readonly number[];
  /** Rows whose own scores are not finite. */
  readonly badRows: readonly number[];
  /** Steps with a reduced gradient that is not finite. */
  readonly infiniteSteps: readonly number[];
}

export interface StepData {
  readonly rows: readonly number[];
  /** Rows of each microbatch; the index of a matched one is its leaf number. */
  readonly mismatched: readonly (readonly number[])[];
  readonly leaves: readonly (readonly number[])[];
}

export function createModel(seed: number): Model {
  const random = createRandom(seed, 2);
  const rows = random.between(8, 24);
  const globalBatch = random.between(2, 8);
  const totalSteps = Math.min(14, Math.ceil(rows / globalBatch) * random.between(1, 3));
  const some = (probability: number, high: number) => (random.chance(probability) ? [random.between(0, high)] : []);
  return {
    seed,
    rows,
    globalBatch,
    totalSteps,
    badPairs: [...some(0.2, rows - 1), ...some(0.2, rows - 1), ...some(0.2, rows - 1)],
    badRows: [...some(0.15, rows - 1), ...some(0.05, rows - 1)],
    infiniteSteps: some(0.1, totalSteps).filter((step) => step > 0),
  };
}

/** 53 bits, as a hash of hashes: what real code does with SHA-256. */
export function digestOf(...numbers: readonly number[]): number {
  return hashIntegers(1, ...numbers) * 2 ** 21 + (hashIntegers(2, ...numbers) >>> 11);
}

export function hex(digest: number): string {
  return digest.toString(16);
}

export function initialParameters({ seed }: Model): Parameters {
  return { step: 0, weights: digestOf(seed, 1), moments: 0 };
}

export function stepsPerEpoch({ rows, globalBatch }: Model): number {
  return Math.ceil(rows / globalBatch);
}

/** What the coordinator plans from data alone. */
export function dataOf(model: Model, step: number, setAside: readonly number[]): StepData {
  const perEpoch = stepsPerEpoch(model);
  const epoch = Math.floor((step - 1) / perEpoch);
  const start = ((step - 1) % perEpoch) * model.globalBatch;
  const place = permutation(model.rows, model.seed, epoch);
  const rows: number[] = [];
  for (let i = start; i < Math.min(model.rows, start + model.globalBatch); i++) {
    if (!setAside.includes(place(i))) rows.push(place(i));
  }
  return { rows, mismatched: cut(rows, 2), leaves: cut(rows, 1 + (hashIntegers(model.seed, 3) % 2)) };
}

function cut(rows: readonly number[], size: number): number[][] {
  const parts: number[][] = [];
  for (let i = 0; i < rows.length; i += size) parts.push(rows.slice(i, i + size));
  return parts;
}

/** A row's partner is the next one in the batch: which pairs there are changes with every row that is set aside. */
export function badPairsOf({ badPairs }: Model, rows: readonly number[]): number[] {
  return rows.filter((row, i) => badPairs.includes(row) && hashIntegers(row, rows[(i + 1) % rows.length]!) % 3 > 0);
}

export function scoreOf({ weights }: Parameters, rows: readonly number[]): number {
  return digestOf(weights, 7, ...rows);
}

/** Often clamped to 0, so that the z0 of two plans of one step can be equal. */
export function referencePointOf(scores: readonly number[]): number {
  const mean = hashIntegers(...scores);
  return mean % 2 === 0 ? 0 : mean;
}

export function leafGradient({ weights, step }: Parameters, z0: number, rows: readonly number[]): number {
  return digestOf(weights, step + 1, z0, ...rows);
}

/** The sum under a node, from the sums that are known: a subtree's as it is, else from its halves in order. */
export function sumOf(node: TreeNode, leafCount: number, known: (node: TreeNode) => number | undefined): number {
  const sum = known(node);
  if (sum !== undefined) return sum;
  if (node.level === 0) throw new Error(`leaf ${node.index} is missing in the reduction`);
  const left = { level: node.level - 1, index: node.index * 2 };
  const right = { level: node.level - 1, index: node.index * 2 + 1 };
  const leftSum = sumOf(left, leafCount, known);
  return firstLeaf(right) >= leafCount ? leftSum : digestOf(leftSum, sumOf(right, leafCount, known));
}

export function reducedGradient(
  leafCount: number,
  exampleCount: number,
  known: (node: TreeNode) => number | undefined,
): number {
  return digestOf(sumOf(rootNode(leafCount), leafCount, known), exampleCount);
}

/** undefined: not finite. */
export function normOf({ infiniteSteps }: Model, step: number, gradient: number): number | undefined {
  return infiniteSteps.includes(step) ? undefined : gradient % 1000;
}

/** @param peak 1 where no command changed it. */
export function learningRateOf(step: number, peak = 1): number {
  return peak * (1 + (step % 5));
}

export function applyUpdate(before: Parameters, gradient: number, learningRate: number): Parameters {
  const moments = digestOf(before.moments, gradient);
  return { step: before.step + 1, weights: digestOf(before.weights, moments, learningRate), moments };
}

export function skipUpdate(before: Parameters): Parameters {
  return { ...before, step: before.step + 1 };
}

export function parameterDigest({ step, weights, moments }: Parameters): string {
  return hex(digestOf(step, weights, moments));
}
