/**
 * Whether the flow-control window of grpc-js connections takes effect, over which states are pulled: grpc-js takes it
 * as an option that other versions ignore, and with HTTP/2's 64 KiB a pull over a link of 10 ms runs at a few MiB/s.
 * Looked at from the other end, by a server on this machine.
 */
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type ChannelOptions, Client, credentials } from '@grpc/grpc-js';
import { withResolvers } from '../../core/async-queue.js';
import { ProspectError } from '../../core/errors.js';
import { TENSOR_OPTIONS, TENSOR_WINDOW_BYTES } from './channel-options.js';

/** Windows as a server sees those of its client, in bytes. */
export interface SeenWindows {
  readonly stream: number;
  readonly connection: number;
}

/** @throws INTERNAL when states would be pulled with smaller windows than asked for. */
export async function checkTensorWindow(): Promise<void> {
  const { stream, connection } = await windowsOf(TENSOR_OPTIONS);
  if (stream >= TENSOR_WINDOW_BYTES && connection >= TENSOR_WINDOW_BYTES) return;
  const seen = `${stream} bytes a stream and ${connection} bytes a connection`;
  const remedy = 'Install the version of @grpc/grpc-js that package-lock.json names (npm ci).';
  const message = `connections for state have flow-control windows of ${seen} instead of ${TENSOR_WINDOW_BYTES}. ${remedy}`;
  throw new ProspectError('INTERNAL', message);
}

/** One call with these options, to a server that answers with success and looks at the connection. */
export async function windowsOf(options: ChannelOptions): Promise<SeenWindows> {
  const seen = withResolvers<SeenWindows>();
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream) => {
    const session = stream.session!;
    seen.resolve({
      stream: session.remoteSettings.initialWindowSize ?? 0,
      connection: session.state.remoteWindowSize ?? 0,
    });
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '0' }, { endStream: true });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    ...options,
    'grpc.enable_http_proxy': 0,
  });
  try {
    const same = (bytes: Buffer) => bytes;
    client.makeUnaryRequest('/prospect.v1.WindowCheck/Look', same, same, Buffer.alloc(0), (error) => {
      if (error) seen.reject(error);
    });
    return await seen.promise;
  } finally {
    client.close();
    server.close();
  }
}
