/** Header lists as HPACK blocks (RFC 7541), and back. Sent literally; received in any way that the RFC allows. */
import { ErrorCode } from './frames.js';
import { STATIC_TABLE } from './hpack-tables.js';
import { decodeHuffman } from './huffman.js';
import { Http2ProtocolError } from './protocol-error.js';

/** Lower-case names, pseudo-headers first. */
export type Headers = ReadonlyMap<string, string>;

/** HTTP/2's default, which this end does not change. */
const TABLE_BYTES = 4096;
/** What an entry counts beside its letters. */
const ENTRY_BYTES = 32;

export function encodeHeaders(headers: Iterable<readonly [name: string, value: string]>): Buffer {
  const fields = [...headers].flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]);
  return Buffer.concat(fields);
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([encodeInteger(bytes.length), bytes]);
}

/** With a prefix of 7 bits, whose eighth is 0: not compressed. */
function encodeInteger(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

type Entry = readonly [name: string, value: string];

/** @returns decodes a connection's header blocks, in the order in which they came. @throws Http2ProtocolError. */
export function createHeaderDecoder(): (block: Buffer) => Headers {
  let table: Entry[] = [];
  let limit = TABLE_BYTES;

  const shrink = (): void => {
    let bytes = 0;
    table = table.filter(([name, value]) => {
      bytes += name.length + value.length + ENTRY_BYTES;
      return bytes <= limit;
    });
  };
  const entry = (index: number): Entry => {
    const found = index <= STATIC_TABLE.length ? STATIC_TABLE[index - 1] : table[index - 1 - STATIC_TABLE.length];
    if (!found) throw malformed(`a header has index ${index}`);
    return found;
  };
  const resize = (bytes: number): void => {
    if (bytes > TABLE_BYTES) throw malformed(`a header table of ${bytes} bytes`);
    limit = bytes;
    shrink();
  };
  return (block) => {
    const headers = new Map<string, string>();
    const read = createBlockReader(block);
    const literalField = (nameIndex: number): Entry => [
      nameIndex === 0 ? read.text() : entry(nameIndex)[0],
      read.text(),
    ];
    while (!read.isOver()) {
      const first = read.peek();
      if (first >= 0x80) headers.set(...entry(read.integer(7)));
      else if (first >= 0x40) {
        const field = literalField(read.integer(6));
        headers.set(...field);
        table.unshift(field);
        shrink();
      } else if (first >= 0x20) resize(read.integer(5));
      else headers.set(...literalField(read.integer(4)));
    }
    return headers;
  };
}

function createBlockReader(block: Buffer) {
  let at = 0;
  const byte = (): number => {
    const next = block[at];
    if (next === undefined) throw malformed('headers end early');
    at += 1;
    return next;
  };
  const integer = (prefixBits: number): number => {
    const largest = 2 ** prefixBits - 1;
    const prefix = byte() & largest;
    if (prefix < largest) return prefix;
    let value = prefix;
    for (let scale = 1; ; scale *= 128) {
      const next = byte();
      value += (next & 127) * scale;
      if (value > block.length + TABLE_BYTES) throw malformed('a number in a header is too large');
      if (next < 128) return value;
    }
  };
  return {
    isOver: () => at >= block.length,
    peek: () => block[at]!,
    integer,
    text(): string {
      const isCompressed = (block[at] ?? 0) >= 128;
      const length = integer(7);
      const bytes = block.subarray(at, at + length);
      if (bytes.length < length) throw malformed('headers end early');
      at += length;
      return (isCompressed ? decodeHuffman(bytes) : bytes).toString('latin1');
    },
  };
}

function malformed(what: string): Http2ProtocolError {
  return new Http2ProtocolError(ErrorCode.compression, what);
}
