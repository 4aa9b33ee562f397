/**
 * Mismatched pairs for the reference point: each row's prompt with another row's completion. A completion that answers
 * the same prompt is not a mismatch, so pairs avoid that where it can be avoided, and count it where it cannot.
 */
import { permutation } from './permutation.js';

const GROUP_STREAM = 11;
const MEMBER_STREAM = 12;
const SHIFT_STREAM = 13;

export interface PairingSettings {
  readonly pairing: 'drawn' | 'rotate';
  readonly seed: number;
}

export interface Pairing {
  /** partners[i] is the row whose completion goes with the prompt of rows[i]; drawn in a batch, every row is one once. */
  readonly partners: readonly number[];
  /** Pairs with the row's own completion: only a batch of one row has one. */
  readonly ownCompletion: number;
  /** Pairs of two rows with the same prompt. */
  readonly samePrompt: number;
}

/**
 * @param rows the step's rows, in the order of the batch, without repeats
 * @param promptKey equal for rows with equal prompts
 */
export function pairRows(
  rows: readonly number[],
  promptKey: (row: number) => bigint,
  settings: PairingSettings,
  epoch: number,
  step: number,
): Pairing {
  const partners =
    settings.pairing === 'rotate'
      ? rows.map((_, i) => rows[(i + rows.length - 1) % rows.length]!)
      : drawPartners(rows, promptKey, settings.seed, epoch, step);
  return pairingOf(rows, partners, promptKey);
}

/** Counts what pairs could not avoid. @param partners one for each row */
export function pairingOf(
  rows: readonly number[],
  partners: readonly number[],
  promptKey: (row: number) => bigint,
): Pairing {
  const differs = rows.map((row, i) => row !== partners[i]);
  return {
    partners,
    ownCompletion: differs.filter((different) => !different).length,
    samePrompt: rows.filter((row, i) => differs[i] && promptKey(row) === promptKey(partners[i]!)).length,
  };
}

/**
 * Lists the rows group by group (a group shares a prompt) and shifts the list against itself. A shift by at least the
 * largest group g, and at most m − g, moves every row out of its group; when g > m/2 no such shift exists and the
 * shift by g with the largest group first leaves 2g − m conflicts, which is the minimum (m − g completions are of others).
 */
function drawPartners(
  rows: readonly number[],
  promptKey: (row: number) => bigint,
  seed: number,
  epoch: number,
  step: number,
): number[] {
  const groups = shuffledGroups(rows, promptKey, seed, epoch, step);
  const largest = Math.max(...groups.map((group) => group.length));
  const listed = groups.flat();
  const shift = shiftOf(listed.length, largest, permutation(listed.length, seed, epoch, SHIFT_STREAM, step));
  const partnerOf = new Map(listed.map((row, i) => [row, listed[(i + shift) % listed.length]!]));
  return rows.map((row) => partnerOf.get(row)!);
}

function shiftOf(size: number, largest: number, draw: (index: number) => number): number {
  if (largest === size) return 1;
  if (2 * largest > size) return largest;
  return largest + (draw(0) % (size - 2 * largest + 1));
}

/** Groups in random order with their members in random order; one that fills over half of the batch comes first. */
function shuffledGroups(
  rows: readonly number[],
  promptKey: (row: number) => bigint,
  seed: number,
  epoch: number,
  step: number,
): number[][] {
  const byPrompt = new Map<bigint, number[]>();
  const member = permutation(rows.length, seed, epoch, MEMBER_STREAM, step);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[member(i)]!;
    const key = promptKey(row);
    const group = byPrompt.get(key);
    if (group) group.push(row);
    else byPrompt.set(key, [row]);
  }
  const groups = [...byPrompt.values()];
  const place = permutation(groups.length, seed, epoch, GROUP_STREAM, step);
  const shuffled = groups.map((_, i) => groups[place(i)]!);
  const isMajority = (group: number[]) => Number(2 * group.length > rows.length);
  return shuffled.sort((a, b) => isMajority(b) - isMajority(a));
}
