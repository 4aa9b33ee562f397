/** What the scripts print themselves, told apart from what the programs print that they start. */

export function say(text) {
  console.log(`▸ ${text}`);
}

/** For what a person must not overlook. */
export function shout(lines) {
  const width = Math.max(...lines.map((line) => line.length));
  const edge = '!'.repeat(width + 4);
  console.log([edge, ...lines.map((line) => `! ${line.padEnd(width)} !`), edge].join('\n'));
}
