/** How a failing seed is looked at. */

export function replayCommand(seed: number): string {
  return `npm run simulate -- --seed ${seed} --trace`;
}
