/**
 * Messages that were taken and wait to be acknowledged: when the step that trained on their rows is committed. From then on
 * the row log and the journal have what any step that is made again needs.
 */
import type { LiveRows } from './live-rows.js';

/** What is needed of JetStream's message. */
export interface Acknowledgeable {
  readonly seq: number;
  ack(): void;
}

export interface HeldMessages {
  /** Sequence of the first message that is not done with; undefined when all are. */
  first(): number | undefined;
  /** A message that is in the log, perhaps delivered again: acknowledged at once when it is done with. */
  hold(message: Acknowledgeable): void;
  /** Of the connection before: they can't be acknowledged any more, and come again. */
  forget(): void;
  close(): void;
}

export function createHeldMessages(live: LiveRows): HeldMessages {
  const { log } = live;
  /** Row of each message, in the stream's present numbering, that is not done with. */
  const open = new Map<number, number>();
  const held = new Map<number, Acknowledgeable>();
  let looked = live.firstOpen();
  const look = () => {
    for (; looked < log.size(); looked++) {
      const { kind, sequence, part } = log.record(looked);
      if (kind === 'renumbered') for (const other of open.keys()) if (other > sequence) open.delete(other);
      if (part === 0 && live.isOpen(looked)) open.set(sequence, looked);
    }
  };
  const isDone = (row: number) => {
    const { parts } = log.record(row);
    return Array.from({ length: parts }, (_, part) => row + part).every((one) => !live.isOpen(one));
  };
  const settle = (sequence: number, row: number) => {
    if (open.get(sequence) !== row || !isDone(row)) return;
    open.delete(sequence);
    held.get(sequence)?.ack();
    held.delete(sequence);
  };
  const stopListening = live.onCommitted((rows) => {
    look();
    for (const row of rows) {
      const { sequence, part } = log.record(row);
      settle(sequence, row - part);
    }
  });
  return {
    first() {
      look();
      // The log is in the order of the stream, and so is the map.
      return open.keys().next().value;
    },
    hold(message) {
      look();
      if (open.has(message.seq)) held.set(message.seq, message);
      else message.ack();
    },
    forget: () => held.clear(),
    close: stopListening,
  };
}
