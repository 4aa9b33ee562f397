/** Counts rows that cannot be used by reason, and remembers where the first of each are. */
import type { Problem } from './dataset.js';
import type { RowProblem } from './feedback-row.js';

/** Places kept a reason: enough to recognise the pattern, few enough to read. */
const EXAMPLES = 5;

/** As stored in the cache: files by their number, because the same contents may lie elsewhere next time. */
export interface CountedProblem {
  readonly reason: string;
  count: number;
  readonly examples: { readonly file: number; readonly line: number; readonly detail: string }[];
}

export function countProblem(
  problems: CountedProblem[],
  { reason, detail }: RowProblem,
  file: number,
  line: number,
): void {
  let counted = problems.find((problem) => problem.reason === reason);
  if (counted === undefined) {
    counted = { reason, count: 0, examples: [] };
    problems.push(counted);
  }
  counted.count++;
  if (counted.examples.length < EXAMPLES) counted.examples.push({ file, line, detail });
}

export function totalCount(problems: readonly { readonly count: number }[]): number {
  return problems.reduce((total, problem) => total + problem.count, 0);
}

export function withFileNames(problems: readonly CountedProblem[], files: readonly string[]): Problem[] {
  return problems.map((problem) => ({
    ...problem,
    examples: problem.examples.map((example) => ({ ...example, file: files[example.file]! })),
  }));
}

/** Lines for a person: each reason with its count, and under it file:line of the first rows. */
export function describeProblems(problems: readonly Problem[]): string[] {
  return problems.flatMap(({ reason, count, examples }) => [
    `${count} ${count === 1 ? 'row' : 'rows'}: ${reason}`,
    ...examples.map(({ file, line, detail }) => `  ${file}:${line}: ${detail}`),
  ]);
}
