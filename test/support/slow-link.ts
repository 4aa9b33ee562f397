/** A TCP proxy that makes a network of this machine: delay each way, limited bandwidth. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface LinkSettings {
  /** Each way. */
  readonly delayMs: number;
  /** Each way and connection; unlimited when left out. */
  readonly bytesPerSecond?: number;
}

export interface SlowLink {
  /** host:port that stands for the target's. */
  readonly address: string;
  close(): void;
}

/** What a link holds before it pushes back: more than any window here. */
const BUFFER_BYTES = 32 * 1024 * 1024;

/** @param target host:port. */
export async function startSlowLink(target: string, settings: LinkSettings): Promise<SlowLink> {
  const [host, port] = target.split(':');
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), host);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
    }
    forward(near, far, settings);
    forward(far, near, settings);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function forward(from: Socket, to: Socket, { delayMs, bytesPerSecond = Number.POSITIVE_INFINITY }: LinkSettings): void {
  const held: { readonly bytes: Buffer; readonly dueMs: number }[] = [];
  let heldBytes = 0;
  let lineFreeAtMs = 0;

  /** One timer at a time: several would not keep the order. */
  const deliver = (): void => {
    while (held.length > 0 && held[0]!.dueMs <= performance.now()) {
      const { bytes } = held.shift()!;
      heldBytes -= bytes.length;
      to.write(bytes);
    }
    if (heldBytes <= BUFFER_BYTES) from.resume();
    if (held.length > 0) setTimeout(deliver, held[0]!.dueMs - performance.now());
  };
  from.on('data', (bytes) => {
    lineFreeAtMs = Math.max(performance.now(), lineFreeAtMs) + (bytes.length / bytesPerSecond) * 1000;
    held.push({ bytes, dueMs: lineFreeAtMs + delayMs });
    heldBytes += bytes.length;
    if (heldBytes > BUFFER_BYTES) from.pause();
    if (held.length === 1) setTimeout(deliver, delayMs);
  });
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroy());
}
