/** Facts as lines of a name and a value, the values in one column. */
export function alignedLines(facts: Readonly<Record<string, string | number | boolean>>): string[] {
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  return Object.entries(facts).map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}
