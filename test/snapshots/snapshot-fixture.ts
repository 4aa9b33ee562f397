/** Snapshots of a tiny run: every step has arrays of its own, so that a mixture of two steps would show. */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { createReferenceTable, type RunReferences } from '../../coordinator/reference-cache/table.js';
import type { LoadedSnapshot } from '../../coordinator/snapshots/load-newest.js';
import type { SnapshotRequest } from '../../coordinator/snapshots/write-snapshot.js';
import type { Parameter } from '../../core/parameters.js';
import { LINEAR_ENGINE } from '../support/linear-compute.js';
import { testConfig } from '../support/rows.js';

export const PARAMETERS: readonly Parameter[] = [
  { name: 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight', shape: [4, 6], decayed: true },
  { name: 'base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight', shape: [7, 4], decayed: true },
];
const LENGTH = 4 * 6 + 7 * 4;

export interface StepArrays {
  readonly parameters: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

export function arraysOf(step: number): StepArrays {
  const array = (kind: number) =>
    Float32Array.from({ length: LENGTH }, (_, i) => Math.sin(step * 1000 + kind * 100 + i));
  return { parameters: array(1), first: array(2), second: array(3) };
}

/** A third of the rows is known; what is not is NaN. */
export function referencesOf(step: number): RunReferences {
  const train = createReferenceTable(6, 0);
  const heldOut = createReferenceTable(2, 2);
  train.matched.set([-step, Number.NaN, -step / 3]);
  heldOut.mismatched.set([Number.NaN, -1 / step]);
  return { train, heldOut };
}

export function requestFor(step: number, folder: string, changes: Partial<SnapshotRequest> = {}): SnapshotRequest {
  const { parameters, first, second } = arraysOf(step);
  return {
    folder,
    keep: 3,
    facts: {
      runId: 'run',
      incarnation: 1,
      step,
      updates: step - 1,
      epoch: step / 100,
      dataCursor: { epoch: 0, stepInEpoch: step },
      referencePoint: { z0: 0.1, raw: 0.1, standardError: Number.NaN, clamped: false },
      setAside: [{ row: 3, file: 'rows.jsonl', line: 4, step: 2, reason: 'not finite' }],
      learningRates: [{ fromStep: 2, learningRate: 0.01 }],
      tokens: step * 100,
      config: testConfig({ lora: { rank: 4 } }),
      datasetDigest: 'rows',
      modelDigest: 'files',
      engine: LINEAR_ENGINE,
      parameters: PARAMETERS,
      parameterDigest: digestOf(parameters),
      firstMomentDigest: digestOf(first),
      secondMomentDigest: digestOf(second),
    },
    parameters: inPieces(parameters),
    firstMoments: inPieces(first),
    secondMoments: inPieces(second),
    references: referencesOf(step),
    writtenAtMs: Date.UTC(2026, 0, 1),
    ...changes,
  };
}

/** Fails unless every array is that of the snapshot's own step, to the bit. */
export async function expectItsOwnArrays(snapshot: LoadedSnapshot): Promise<void> {
  const { step } = snapshot.state;
  const expected = arraysOf(step);
  expect(await joined(snapshot.parameters())).toEqual(expected.parameters);
  expect(await joined(snapshot.firstMoments())).toEqual(expected.first);
  expect(await joined(snapshot.secondMoments())).toEqual(expected.second);
  expect(snapshot.references).toEqual(referencesOf(step));
}

export async function joined(pieces: AsyncIterable<Float32Array>): Promise<Float32Array> {
  const values: number[] = [];
  for await (const piece of pieces) values.push(...piece);
  return Float32Array.from(values);
}

/** A generator that gives the same results for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function* inPieces(values: Float32Array): AsyncGenerator<Float32Array> {
  for (let start = 0; start < values.length; start += 5) yield values.subarray(start, start + 5);
}

function digestOf(values: Float32Array): string {
  return createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex');
}
