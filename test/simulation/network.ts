/**
 * Connections between the coordinator and its workers. A connection delivers in order and may break; a cut holds back
 * what is under way until it is mended or an end gives up. Messages may be slow, come twice, or change places.
 */
import type { Scheduler } from './scheduler.js';

export interface NetworkFaults {
  /** Added to every message, ms, up to. */
  delayMs: number;
  duplicate: number;
  /** Reports that come once more much later: probability. */
  echo: number;
  reorder: number;
}

export interface End<Out, In> {
  send(message: Out): void;
  /** Ends the connection; the other end notices after a delay, unless it is cut off. */
  close(): void;
  onMessage: (message: In) => void;
  onBroken: () => void;
}

export interface Connection<Up, Down> {
  readonly worker: End<Up, Down>;
  readonly coordinator: End<Down, Up>;
}

export interface Network {
  readonly faults: NetworkFaults;
  cut(a: string, b: string): void;
  mend(): void;
  isCut(a: string, b: string): boolean;
  connect<Up, Down>(workerId: string): Connection<Up, Down>;
}

export const COORDINATOR = 'coordinator';
const RETRY_CUT_MS = 50;
const LONGEST_ECHO_MS = 6000;
/** A closed connection shows within milliseconds at the other end. */
const BREAK_MS = 10;

export function createNetwork(scheduler: Scheduler): Network {
  const cuts = new Set<string>();
  const faults: NetworkFaults = { delayMs: 0, duplicate: 0, echo: 0, reorder: 0 };
  const keyOf = (a: string, b: string) => [a, b].sort().join();
  const isCut = (a: string, b: string) => cuts.has(keyOf(a, b));
  return {
    faults,
    isCut,
    cut: (a, b) => cuts.add(keyOf(a, b)),
    mend: () => cuts.clear(),
    connect: <Up, Down>(workerId: string) =>
      connection<Up, Down>(scheduler, faults, () => isCut(workerId, COORDINATOR)),
  };
}

function connection<Up, Down>(scheduler: Scheduler, faults: NetworkFaults, isCut: () => boolean): Connection<Up, Down> {
  const worker: End<Up, Down> = { send: nothing, close: nothing, onMessage: nothing, onBroken: nothing };
  const coordinator: End<Down, Up> = { send: nothing, close: nothing, onMessage: nothing, onBroken: nothing };
  join(worker, coordinator, scheduler, faults, isCut, true);
  join(coordinator, worker, scheduler, faults, isCut, false);
  return { worker, coordinator };
}

function nothing(): void {}

function silence<Out, In>(end: End<Out, In>): void {
  end.send = nothing;
  end.close = nothing;
  end.onMessage = nothing;
  end.onBroken = nothing;
}

function join<Out, In>(
  from: End<Out, In>,
  to: End<In, Out>,
  scheduler: Scheduler,
  faults: NetworkFaults,
  isCut: () => boolean,
  isUp: boolean,
): void {
  const { random } = scheduler;
  const heldBack: Out[] = [];
  let last = 0;
  const flush = () => {
    if (isCut()) scheduler.after(RETRY_CUT_MS, flush);
    else for (const message of heldBack.splice(0)) to.onMessage(message);
  };
  const deliver = (message: Out) => {
    heldBack.push(message);
    flush();
  };
  from.send = (message) => {
    if (isUp && random.chance(faults.echo)) scheduler.after(random.between(0, LONGEST_ECHO_MS), () => deliver(message));
    const arrival = scheduler.nowMs() + random.between(0, 3) + random.between(0, faults.delayMs);
    const isSwapped = random.chance(faults.reorder);
    const atMs = isSwapped ? arrival + random.between(0, 40) : Math.max(last, arrival);
    if (!isSwapped) last = atMs;
    scheduler.after(atMs - scheduler.nowMs(), () => deliver(message));
    if (random.chance(faults.duplicate)) {
      scheduler.after(atMs - scheduler.nowMs() + random.between(0, 300), () => deliver(message));
    }
  };
  const tellBroken = () => {
    if (isCut()) scheduler.after(RETRY_CUT_MS, tellBroken);
    else if (to.send !== nothing) {
      const { onBroken } = to;
      silence(to);
      onBroken();
    }
  };
  from.close = () => {
    silence(from);
    scheduler.after(BREAK_MS, tellBroken);
  };
}
