/** What the tensor thread has moved, in memory that it shares with the main thread: nobody waits to read it. */

const COUNTED = ['receivedBytes', 'sentBytes', 'reductions', 'reduceMicroseconds', 'damagedPieces'] as const;

export type Counted = (typeof COUNTED)[number];

export interface Traffic {
  readonly shared: SharedArrayBuffer;
  add(what: Counted, amount: number): void;
  read(): Readonly<Record<Counted, number>>;
}

/** @param shared of the other thread's; new when left out. */
export function createTraffic(
  shared = new SharedArrayBuffer(COUNTED.length * BigInt64Array.BYTES_PER_ELEMENT),
): Traffic {
  const totals = new BigInt64Array(shared);
  return {
    shared,
    add: (what, amount) => void Atomics.add(totals, COUNTED.indexOf(what), BigInt(Math.round(amount))),
    read() {
      const entries = COUNTED.map((what, i) => [what, Number(Atomics.load(totals, i))]);
      return Object.fromEntries(entries) as Record<Counted, number>;
    },
  };
}
