/** references.f64: the known reference log-probs, bit for bit, NaN where not known; later epochs then use the same numbers. */
import { createReferenceTable, type RunReferences } from '../reference-cache/table.js';
import type { SnapshotState } from './state.js';

type Lengths = SnapshotState['references'];

export function referenceLengths({ train, heldOut }: RunReferences): Lengths {
  return {
    trainMatched: train.matched.length,
    trainMismatched: train.mismatched.length,
    heldOutMatched: heldOut.matched.length,
    heldOutMismatched: heldOut.mismatched.length,
  };
}

/** A copy: the run fills its tables further while the snapshot is written. */
export function referenceBytes({ train, heldOut }: RunReferences): Uint8Array {
  const tables = [train.matched, train.mismatched, heldOut.matched, heldOut.mismatched];
  const all = new Float64Array(tables.reduce((length, table) => length + table.length, 0));
  let offset = 0;
  for (const table of tables) {
    all.set(table, offset);
    offset += table.length;
  }
  return new Uint8Array(all.buffer);
}

/** @returns undefined when the bytes don't hold as many elements. */
export function parseReferences(bytes: Uint8Array, lengths: Lengths): RunReferences | undefined {
  const { trainMatched, trainMismatched, heldOutMatched, heldOutMismatched } = lengths;
  const elements = trainMatched + trainMismatched + heldOutMatched + heldOutMismatched;
  if (bytes.length !== elements * Float64Array.BYTES_PER_ELEMENT) return undefined;
  const all = new Float64Array(Uint8Array.from(bytes).buffer);
  const train = createReferenceTable(trainMatched, trainMismatched);
  const heldOut = createReferenceTable(heldOutMatched, heldOutMismatched);
  let offset = 0;
  for (const table of [train.matched, train.mismatched, heldOut.matched, heldOut.mismatched]) {
    table.set(all.subarray(offset, offset + table.length));
    offset += table.length;
  }
  return { train, heldOut };
}
