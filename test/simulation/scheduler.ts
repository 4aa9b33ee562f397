/** The simulation's clock: what is to happen, in order of time. One seed gives one order, always. */
import { randomFrom } from '../../core/order/mix.js';

export interface Scheduler {
  nowMs(): number;
  /** Runs `action` after the delay; things due at one moment run in the order of their asking. */
  after(delayMs: number, action: () => void): void;
  /** Runs the next action. @returns false when there is none. */
  next(): boolean;
  readonly random: Random;
}

export interface Random {
  /** True with this probability. */
  chance(probability: number): boolean;
  /** Whole number in [low, high]. */
  between(low: number, high: number): number;
  pick<T>(items: readonly T[]): T;
}

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly action: () => void;
}

export function createRandom(...keys: number[]): Random {
  const next = randomFrom(...keys);
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    chance: (probability) => next() < probability,
    between,
    pick: (items) => items[between(0, items.length - 1)]!,
  };
}

export function createScheduler(seed: number): Scheduler {
  const heap: Due[] = [];
  let now = 0;
  let order = 0;
  return {
    nowMs: () => now,
    random: createRandom(seed, 1),
    after(delayMs, action) {
      push(heap, { atMs: now + Math.max(0, delayMs), order: order++, action });
    },
    next() {
      const due = pop(heap);
      if (!due) return false;
      now = due.atMs;
      due.action();
      return true;
    },
  };
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function push(heap: Due[], due: Due): void {
  let at = heap.length;
  heap.push(due);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(due, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = due;
}

function pop(heap: Due[]): Due | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (!first || !last || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return first;
}
