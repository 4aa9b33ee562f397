/** What faults cost, as a table. */
import type { LogLine } from './cluster.js';
import { FAULT_KINDS, type FaultKind, type InjectedFault } from './injected-fault.js';
import type { Outcome } from './outcome.js';

export interface ChaosResult {
  readonly outcome: Outcome;
  readonly faults: readonly InjectedFault[];
  readonly log: readonly LogLine[];
  /** When each step was made, also those made again after going back to a snapshot, milliseconds since 1970. */
  readonly stepTimesMs: readonly number[];
}

export interface ChaosReport {
  readonly lines: readonly string[];
  /** Nothing was lost or repeated, and the weights are the same everywhere. */
  readonly isClean: boolean;
}

/** How the coordinator logs that a worker is gone. */
const LOST = ['worker lost', 'session ended'];

export function reportLines(calm: ChaosResult, results: readonly ChaosResult[]): ChaosReport {
  const same = results.filter(({ outcome }) => outcome.sha256 === calm.outcome.sha256).length;
  const stepsWrong = sum(results.map(({ outcome }) => differingSteps(calm.outcome, outcome)));
  const rowsWrong = sum(results.map(({ outcome }) => Math.abs(rowsOf(outcome) - rowsOf(calm.outcome))));
  const kept = sum(results.map(secondsOf)) / results.length;
  const lines = [
    `runs with the undisturbed run's SHA-256   ${same} of ${results.length}`,
    `steps lost, repeated or changed           ${stepsWrong}`,
    `samples lost or repeated                  ${rowsWrong}`,
    `steps made again from a snapshot          ${sum(results.map(stepsMadeAgain))}`,
    `share of throughput kept                  ${((100 * secondsOf(calm)) / kept).toFixed(1)} %`,
    ...FAULT_KINDS.map((kind) => kindLine(kind, results)),
  ];
  return { lines, isClean: same === results.length && stepsWrong === 0 && rowsWrong === 0 };
}

function kindLine(kind: FaultKind, results: readonly ChaosResult[]): string {
  const detection: number[] = [];
  const standstill: number[] = [];
  for (const { faults, log, stepTimesMs } of results) {
    for (const fault of faults.filter((candidate) => candidate.kind === kind)) {
      const noticed = log.find(
        ({ time, msg, worker }) => time >= fault.atMs && worker === fault.worker && LOST.includes(msg),
      );
      if (noticed !== undefined) detection.push(noticed.time - fault.atMs);
      const next = stepTimesMs.find((time) => time > fault.atMs);
      if (next !== undefined) standstill.push(next - fault.atMs);
    }
  }
  return `${kind.padEnd(20)}${String(standstill.length).padStart(4)} times   noticed ${times(detection)}   next step after ${times(standstill)}`;
}

function times(values: readonly number[]): string {
  if (values.length === 0) return '–';
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): string => `${sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]} ms`;
  return `p50 ${at(0.5)}, longest ${at(1)}`;
}

function differingSteps(calm: Outcome, outcome: Outcome): number {
  const longest = Math.max(calm.steps.length, outcome.steps.length);
  return Array.from({ length: longest }, (_, i) => i).filter(
    (i) => JSON.stringify(calm.steps[i]) !== JSON.stringify(outcome.steps[i]),
  ).length;
}

function stepsMadeAgain({ log }: ChaosResult): number {
  return log.filter(({ msg }) => msg === 'step made again').length;
}

function rowsOf({ steps }: Outcome): number {
  return sum(steps.map((step) => step.desirable_count! + step.undesirable_count!));
}

function secondsOf({ stepTimesMs }: ChaosResult): number {
  return (stepTimesMs.at(-1)! - stepTimesMs[0]!) / 1000;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
