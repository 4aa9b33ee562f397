/** The records of the row log in memory, as they lie on the disk: 64 bytes a row, however many there are. */
import { RECORD_BYTES, type RowRecord, readRecord } from './row-record.js';

export interface RecordTable {
  size(): number;
  at(row: number): RowRecord;
  /** @param bytes of whole records. @returns number of the first one. */
  push(bytes: Buffer): number;
}

export function createRecordTable(initial: Buffer): RecordTable {
  let bytes = initial;
  let used = initial.length;
  return {
    size: () => used / RECORD_BYTES,
    at: (row) => readRecord(bytes.subarray(row * RECORD_BYTES, (row + 1) * RECORD_BYTES))!,
    push(more) {
      const first = used / RECORD_BYTES;
      if (used + more.length > bytes.length) {
        const grown = Buffer.alloc(2 * (used + more.length));
        bytes.copy(grown, 0, 0, used);
        bytes = grown;
      }
      more.copy(bytes, used);
      used += more.length;
      return first;
    },
  };
}
