/** What the other end of an HTTP/2 connection did wrong: it is told the code, and the connection ends. */
import { ProspectError } from '../../../core/errors.js';

export class Http2ProtocolError extends ProspectError {
  readonly http2Code: number;

  /** @param http2Code RFC 9113, section 7. */
  constructor(http2Code: number, what: string) {
    super('PROTOCOL', `the other end does not speak HTTP/2 as it should: ${what}`);
    this.http2Code = http2Code;
  }
}
