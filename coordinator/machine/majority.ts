/** Which of several answers that should be equal is right: the one of more than half. */

/**
 * @param voters number of those that may vote, of whom not all have yet.
 * @returns the answer that more than half of the voters gave; undefined when there is none.
 */
export function majorityOf(answers: readonly string[], voters: number): string | undefined {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return [...counts].find(([, count]) => 2 * count > voters)?.[0];
}
