/** Shows a run's progress: lines everywhere, and in a terminal a bar that stays below them. */
import type { EvaluationMetrics } from './evaluation-metrics.js';
import { barLine, evaluationLine, stepLine } from './progress-lines.js';
import type { StepMetrics } from './step-metrics.js';

/** What is needed of process.stdout or process.stderr. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Progress {
  step(metrics: StepMetrics): void;
  evaluation(metrics: EvaluationMetrics): void;
  /** Any other whole line, as of the logger, without tearing the bar. */
  note(line: string): void;
  /** Takes the bar away. */
  close(): void;
}

export interface ProgressOptions {
  readonly stream: ProgressStream;
  readonly totalSteps: number;
  /** Milliseconds from any fixed point. */
  readonly now: () => number;
}

const ERASE_LINE = '\r\u001b[2K';
const DEFAULT_COLUMNS = 80;

export function showProgress({ stream, totalSteps, now }: ProgressOptions): Progress {
  const startedAtMs = now();
  let step = 0;
  let open = stream.isTTY === true;

  function bar(): string {
    if (!open) return '';
    return barLine({ step, totalSteps, elapsedMs: now() - startedAtMs }, stream.columns ?? DEFAULT_COLUMNS);
  }

  function note(line: string): void {
    stream.write(open ? `${ERASE_LINE}${line}\n${bar()}` : `${line}\n`);
  }

  stream.write(bar());
  return {
    step(metrics) {
      step = metrics.step;
      note(stepLine(metrics, totalSteps));
    },
    evaluation: (metrics) => note(evaluationLine(metrics)),
    note,
    close() {
      if (open) stream.write(ERASE_LINE);
      open = false;
    },
  };
}
