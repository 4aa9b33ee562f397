/** Live rows as the planning of steps and evaluations sees rows. A row's number is its place in the row log. */
import { ProspectError } from '../../core/errors.js';
import type { RowSource } from '../row-source.js';
import type { LiveRows } from './live-rows.js';
import type { RowLog } from './row-log.js';

/** Rows of an evaluation: the newest ones, so that it takes as long after a year as on the first day. */
const MOST_HELD_OUT = 512;

export interface LiveNames {
  /** Where rows are from, for a person. */
  readonly origin: string;
  /** Of what decides how a message becomes tokens, hex. */
  readonly digest: string;
}

/** Of the steps, whose rows the journal has. */
export function liveTrainRows(live: LiveRows, names: LiveNames): RowSource {
  return Object.assign(
    rowsOf(live.log, (row) => row, live.log.size, names),
    {
      planned(step: number) {
        const plan = live.planOf(step);
        if (!plan) throw new ProspectError('INTERNAL', `step ${step} was to be made before its rows were decided`);
        return plan.rows;
      },
    },
  );
}

/** What is held out grows too: an evaluation has what was there when its step was planned. */
export function liveHeldOutRows(live: LiveRows, names: LiveNames): RowSource {
  const held = createHeldOut(live.log);
  return Object.assign(viewOf(live.log, [], names), {
    asOf(step: number) {
      const seen = step === 0 ? 0 : (live.planOf(step)?.seen ?? live.log.size());
      return viewOf(live.log, held.upTo(seen).slice(-MOST_HELD_OUT), names);
    },
  });
}

function viewOf(log: RowLog, rows: readonly number[], names: LiveNames): RowSource {
  return rowsOf(
    log,
    (row) => rows[row]!,
    () => rows.length,
    names,
  );
}

function rowsOf(log: RowLog, at: (row: number) => number, size: () => number, names: LiveNames): RowSource {
  return {
    get size() {
      return size();
    },
    get desirableCount(): number {
      throw noEpochs();
    },
    digest: names.digest,
    desirable: (row) => log.record(at(row)).desirable,
    promptKey: (row) => log.record(at(row)).promptKey,
    tokens: (row) => log.tokens(at(row)),
    origin: (row) => ({ file: names.origin, line: log.record(at(row)).sequence }),
    classIndex() {
      throw noEpochs();
    },
  };
}

function noEpochs(): ProspectError {
  return new ProspectError('INTERNAL', 'live rows were asked for as a whole; there are always more');
}

/** Rows that are held out, ascending, found as the log grows. */
function createHeldOut(log: RowLog) {
  const rows: number[] = [];
  let looked = 0;
  return {
    upTo(seen: number): number[] {
      for (; looked < Math.min(seen, log.size()); looked++) {
        const { kind, heldOut } = log.record(looked);
        if (kind === 'row' && heldOut) rows.push(looked);
      }
      return rows.filter((row) => row < seen);
    },
  };
}
