/** A step's commit: reference log-probs, then the record on the disk, then the machine hears of it, then metrics. */
import { NO_REFERENCE_POINT, type ReferencePoint } from '../../core/kto.js';
import { exampleScores } from '../example-scores.js';
import type { Journal } from '../journal/claim-journal.js';
import type { CommitRecord } from '../machine/types.js';
import type { StepRecord } from '../metrics/step-record.js';
import type { ReferenceLog } from '../reference-cache/log.js';
import type { Stopwatch } from '../stopwatch.js';
import type { DriverContext } from './context.js';
import { createKeeper } from './keep-references.js';
import type { Ledger } from './ledger.js';
import type { StepAtWork } from './step-at-work.js';

export interface Committer {
  /** All leaves of the step are there: their reference log-probs go to the disk while gradients are reduced. */
  reducing(work: StepAtWork): void;
  /** Answers with `commitJournaled`. @param workers that took part. */
  commit(record: CommitRecord, work: StepAtWork, referencePoint: ReferencePoint | undefined, workers: number): void;
  /** When all metrics so far are written. */
  settled(): Promise<void>;
}

export interface CommitterParts {
  readonly journal: Pick<Journal, 'append'>;
  readonly referenceLog: ReferenceLog;
  readonly ledger: Ledger;
  readonly stopwatch: Stopwatch;
}

export function createCommitter(context: DriverContext, parts: CommitterParts): Committer {
  const { report, loop, fail, log, live } = context;
  const { journal, referenceLog, ledger, stopwatch } = parts;
  const keeper = createKeeper(context, referenceLog);
  let reported = Promise.resolve();

  /** The step before is in the metrics by then: one is kept. */
  const prepareReport = async (step: StepRecord) => {
    await reported;
    if (!report.hasStep(step.step)) report.prepare({ ...step, seconds: stopwatch.soFar('reduce') });
  };
  const write = async (record: CommitRecord, work: StepAtWork, step: StepRecord) => {
    await Promise.all([keeper.log(work), prepareReport(step)]);
    await journal.append({ kind: 'commit', ...record, norm: record.norm ?? Number.NaN });
    live?.rows.committed(record.step);
    ledger.add(record, step.tokens, step.referencePoint);
    keeper.keep(work);
    stopwatch.lap('reduce');
    const seconds = stopwatch.take();
    // The machine's answer can already plan the next step: the report of this one is ordered first.
    if (report.hasStep(record.step)) log.info({ step: record.step }, 'step made again');
    else reported = reported.then(() => report.step({ ...step, seconds }));
    reported.catch(fail);
    loop().post({ kind: 'commitJournaled', record });
  };
  return {
    reducing: (work) => void keeper.log(work),
    commit(record, work, referencePoint, workers) {
      const step = recordOf(record, work, referencePoint ?? NO_REFERENCE_POINT, workers, { context, ledger });
      write(record, work, step).catch(fail);
    },
    settled: () => reported,
  };
}

function recordOf(
  { step, norm, learningRate }: CommitRecord,
  { plan, sftScale, ...work }: StepAtWork,
  referencePoint: ReferencePoint,
  workers: number,
  { context, ledger }: { readonly context: DriverContext; readonly ledger: Ledger },
): StepRecord {
  return {
    step,
    epoch: step / context.calendar.stepsPerEpoch,
    learningRate,
    gradNorm: norm,
    setAside: context.loop().state().setAside.length,
    referencePoint,
    examples: exampleScores(plan.matched, work.scores()),
    tokens: plan.matched.sequences.reduce((tokens, { tokenIds }) => tokens + tokenIds.length, 0),
    tokensBefore: ledger.at(step - 1).tokens,
    seconds: {},
    computingSeconds: work.computingSeconds(),
    workers,
    pairing: plan.pairing,
    sftScale,
  };
}
