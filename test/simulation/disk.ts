/**
 * The coordinator's disk: a journal of lines and a few snapshots. A crash loses what was not made durable, or half of
 * it; a byte may flip in anything. What does not read back whole is cut off (journal) or passed over (snapshots).
 */
import type { LearningRateChange } from '../../coordinator/machine/command.js';
import type { JournalRecord } from '../../coordinator/machine/types.js';
import type { Parameters } from './model.js';
import type { Random } from './scheduler.js';

const SNAPSHOTS_KEPT = 3;

export interface StoredSnapshot {
  readonly parameters: Parameters;
  readonly setAside: readonly number[];
  readonly learningRates: readonly LearningRateChange[];
}

interface Stored<Content> {
  readonly content: Content;
  isDamaged: boolean;
}

export interface Disk {
  append(record: JournalRecord): void;
  /** Everything appended so far survives a crash. */
  sync(): void;
  /** Whole records, up to the first that is damaged; what follows it is cut off for good. */
  read(): JournalRecord[];
  /** Whether something durable was cut off since this was asked last. */
  takeDamage(): boolean;
  /** No byte of the journal ever flipped. */
  isSound(): boolean;
  writeSnapshot(snapshot: StoredSnapshot): void;
  newestSnapshot(): StoredSnapshot | undefined;
  crash(random: Random): void;
  flipJournal(random: Random): void;
  flipSnapshot(random: Random): void;
}

export function createDisk(): Disk {
  const lines: Stored<JournalRecord>[] = [];
  const snapshots: Stored<StoredSnapshot>[] = [];
  let durable = 0;
  let hasLost = false;
  let isSound = true;
  return {
    append: (content) => void lines.push({ content, isDamaged: false }),
    sync() {
      durable = lines.length;
    },
    read() {
      const damaged = lines.findIndex(({ isDamaged }) => isDamaged);
      if (damaged >= 0) lines.length = damaged;
      hasLost ||= lines.length < durable;
      durable = lines.length;
      return lines.map(({ content }) => content);
    },
    takeDamage() {
      const isDamaged = hasLost;
      hasLost = false;
      return isDamaged;
    },
    writeSnapshot(content) {
      snapshots.push({ content, isDamaged: false });
      if (snapshots.length > SNAPSHOTS_KEPT) snapshots.shift();
    },
    newestSnapshot: () => snapshots.findLast(({ isDamaged }) => !isDamaged)?.content,
    crash(random) {
      lines.length = random.between(durable, lines.length);
      const last = lines.at(-1);
      if (last && lines.length > durable && random.chance(0.5)) last.isDamaged = true;
    },
    isSound: () => isSound,
    flipJournal(random) {
      isSound = false;
      if (lines.length > 0) random.pick(lines).isDamaged = true;
    },
    flipSnapshot(random) {
      if (snapshots.length > 0) random.pick(snapshots).isDamaged = true;
    },
  };
}
