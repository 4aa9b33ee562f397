/** What a run has come to after each step: for metrics, and for snapshots, which may be of a step that is past. */
import type { ReferencePoint } from '../../core/kto.js';
import type { CommitRecord } from '../machine/types.js';
import type { StepMetrics } from '../metrics/step-metrics.js';

export interface StepFacts {
  /** Prompt and completion tokens so far. */
  readonly tokens: number;
  readonly referencePoint: ReferencePoint;
}

export interface Ledger {
  /** @param tokens of this step's rows. */
  add(record: CommitRecord, tokens: number, referencePoint: ReferencePoint): void;
  /** Of a committed step; 0 is the start of the run. */
  at(step: number): StepFacts;
  /** Its record, also when it is to be made again. */
  commit(step: number): CommitRecord | undefined;
  commitsAfter(step: number): CommitRecord[];
  /** Steps after this one will be other ones. */
  cutBack(step: number): void;
}

const START: StepFacts = {
  tokens: 0,
  referencePoint: { z0: 0, raw: 0, standardError: Number.NaN, clamped: false },
};

export function createLedger(): Ledger {
  const facts: StepFacts[] = [START];
  const commits = new Map<number, CommitRecord>();
  return {
    add(record, tokens, referencePoint) {
      const { step } = record;
      const before = facts[step - 1] ?? START;
      facts[step] = { tokens: before.tokens + tokens, referencePoint };
      commits.set(step, record);
    },
    at: (step) => facts[step] ?? START,
    commit: (step) => commits.get(step),
    commitsAfter: (step) =>
      [...commits.values()].filter((commit) => commit.step > step).sort((a, b) => a.step - b.step),
    cutBack(step) {
      for (const later of commits.keys()) if (later > step) commits.delete(later);
    },
  };
}

/**
 * Of a run that goes on.
 * @param recorded metrics that the run has written, by step; a crash can have kept the last ones from the disk.
 * @param tokensOf tokens of a step's rows, for steps without metrics.
 */
export function fillLedger(
  ledger: Ledger,
  commits: readonly CommitRecord[],
  recorded: ReadonlyMap<number, StepMetrics>,
  tokensOf: (step: number) => number,
): void {
  for (const commit of commits) {
    const { step, z0 } = commit;
    const metrics = recorded.get(step);
    if (!metrics) {
      const point = { z0, raw: z0, standardError: Number.NaN, clamped: false };
      ledger.add(commit, tokensOf(step), point);
      continue;
    }
    const { 'kl/raw': raw, 'kl/stderr': error, 'kl/clamped': clamped } = metrics;
    const point = { z0, raw, standardError: error ?? Number.NaN, clamped };
    ledger.add(commit, metrics.num_tokens - ledger.at(step - 1).tokens, point);
  }
}
