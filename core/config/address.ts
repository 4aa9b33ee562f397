/** Addresses to listen on, as people write them. */

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** @param text host:port, with an IPv6 host in brackets, or a port alone, which is one of the loopback address. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:(?:\[([^\]]+)\]|([^:\s]+)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) return undefined;
  return { host: match[1] ?? match[2] ?? '127.0.0.1', port };
}
