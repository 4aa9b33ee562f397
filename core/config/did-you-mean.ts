/** Finds the field that a person probably meant. */

/** Share of a name's letters that may differ before a suggestion misleads more than it helps. */
const TOLERATED_SHARE = 0.4;

/**
 * The known path nearest to an unknown one: by the whole path, or by its last part, so that a field in the wrong
 * section is found too.
 */
export function nearestField(unknown: string, known: readonly string[]): string | undefined {
  const scored = known.map((field) => ({ field, distance: distanceOf(unknown, field) }));
  const best = scored.reduce((a, b) => (b.distance < a.distance ? b : a), { field: '', distance: TOLERATED_SHARE });
  return best.field || undefined;
}

/** 0 for equal, 1 for nothing in common; the last part alone counts a little worse than the whole path. */
function distanceOf(unknown: string, field: string): number {
  return Math.min(relativeDistance(unknown, field), relativeDistance(lastPart(unknown), lastPart(field)) + 0.05);
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function relativeDistance(a: string, b: string): number {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[_-]/g, '');
  return editDistance(plain(a), plain(b)) / Math.max(a.length, b.length);
}

/** Levenshtein distance, one row of the table at a time. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + Number(a[i - 1] !== b[j - 1]);
      row.push(Math.min(substitution, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
