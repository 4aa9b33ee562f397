/** Strings that the other end has compressed (RFC 7541, section 5.2). This end sends its few headers as they are. */
import { ErrorCode } from './frames.js';
import { CODE_BITS } from './hpack-tables.js';
import { Http2ProtocolError } from './protocol-error.js';

const END = 256;
const LONGEST_BITS = 30;

/** All symbols, shortest code first. */
const SYMBOLS = CODE_BITS.map((_, symbol) => symbol).sort((a, b) => CODE_BITS[a]! - CODE_BITS[b]! || a - b);
/** By length of the code in bits. */
const COUNTS = Array.from({ length: LONGEST_BITS + 1 }, (_, bits) => CODE_BITS.filter((own) => own === bits).length);

export function decodeHuffman(bytes: Uint8Array): Buffer {
  const decoded: number[] = [];
  let state = start();
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      state = { ...state, code: state.code * 2 + ((byte >> bit) & 1), bits: state.bits + 1 };
      const count = COUNTS[state.bits];
      if (count === undefined) throw malformed();
      const offset = state.code - state.firstCode;
      if (offset < count) {
        const symbol = SYMBOLS[state.firstSymbol + offset]!;
        if (symbol === END) throw malformed();
        decoded.push(symbol);
        state = start();
      } else {
        state = { ...state, firstCode: (state.firstCode + count) * 2, firstSymbol: state.firstSymbol + count };
      }
    }
  }
  // What is left over is the begin of the end's code, all ones, shorter than a byte.
  if (state.bits > 7 || state.code !== 2 ** state.bits - 1) throw malformed();
  return Buffer.from(decoded);
}

/** Before the first bit of a symbol: codes of one length are consecutive numbers, and so are their symbols' places. */
function start() {
  return { code: 0, bits: 0, firstCode: 0, firstSymbol: 0 };
}

function malformed(): Http2ProtocolError {
  return new Http2ProtocolError(ErrorCode.compression, 'a header is not compressed as HPACK says');
}
