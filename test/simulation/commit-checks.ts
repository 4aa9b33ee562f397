/** What must hold of every commit, whatever happens around it. */
import type { CommitRecord, State } from '../../coordinator/machine/types.js';
import { dataOf, stepsPerEpoch } from './model.js';
import { violate, type World } from './world.js';

export interface CommitChecks {
  /** The machine has decided; the record is not on the disk yet. */
  committing(record: CommitRecord, state: State): void;
  committed(record: CommitRecord): void;
  /** Of a run that has ended: every row once an epoch, or set aside. */
  finish(setAside: readonly number[]): void;
}

export function createCommitChecks(world: World): CommitChecks {
  const records = new Map<number, string>();
  const rowsOf = new Map<number, readonly number[]>();
  return {
    committing(record, state) {
      const expected = world.expected[record.step]!;
      const fields = ['attempt', 'z0', 'gradientDigest', 'norm'] as const;
      const wrong = fields.filter((field) => record[field] !== expected[field]);
      if (wrong.length > 0) violate(world, `the commit of step ${record.step} has another ${wrong.join(' and ')}`);
      rowsOf.set(record.step, dataOf(world.model, record.step, state.setAside).rows);
    },
    committed(record) {
      world.durableSteps.add(record.step);
      const text = JSON.stringify(record);
      const before = records.get(record.step) ?? text;
      if (before !== text) violate(world, `step ${record.step} was committed as ${before}, then as ${text}`);
      records.set(record.step, text);
    },
    finish(setAside) {
      const perEpoch = stepsPerEpoch(world.model);
      for (let first = 1; first + perEpoch - 1 <= world.model.totalSteps; first += perEpoch) {
        const rows = Array.from({ length: perEpoch }, (_, i) => rowsOf.get(first + i) ?? []).flat();
        const missing = Array.from({ length: world.model.rows }, (_, row) => row).filter((row) => !rows.includes(row));
        if (new Set(rows).size < rows.length) violate(world, `a row came twice in the epoch from step ${first} on`);
        if (missing.some((row) => !setAside.includes(row))) {
          violate(world, `rows ${missing.join()} are missing in the epoch from step ${first} on`);
        }
      }
    },
  };
}
