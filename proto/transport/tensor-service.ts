/**
 * The tensor streams between workers: requests are the messages of peer.proto, responses are frames (tensor-frame.ts)
 * that pass gRPC as they are. Whoever receives tensors is the client. Frames are not copied on the way where that can
 * be helped: nice-grpc copies what a native definition serializes and deserializes, which costs a third of the speed.
 */
import { Client, type ClientReadableStream, credentials } from '@grpc/grpc-js';
import type { CallContext, MethodDefinition } from 'nice-grpc';
import { PullReducedRequest, PullSumsRequest } from '../gen/prospect/v1/peer.js';
import { TENSOR_OPTIONS } from './channel-options.js';

/** Makes a frame when the stream has room for it; throws when what it is made of is gone. */
export type FrameMaker = () => ArrayBuffer;

export interface TensorServiceImplementation {
  /** Sums of the largest complete subtrees a worker holds, over one slice of the flat gradient (reduce-scatter). */
  pullSums(request: PullSumsRequest, context: CallContext): AsyncIterable<FrameMaker>;
  /** A range of the reduced gradient: of the slice a worker owns (all-gather), or of a finished step (observers). */
  pullReduced(request: PullReducedRequest, context: CallContext): AsyncIterable<FrameMaker>;
}

/** One connection to a worker. Ending the iteration, or the signal, ends a pull. */
export interface TensorClient {
  pullSums(request: PullSumsRequest, signal: AbortSignal): AsyncIterable<Buffer>;
  pullReduced(request: PullReducedRequest, signal: AbortSignal): AsyncIterable<Buffer>;
  close(): void;
}

interface MessageType<Message> {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
}

/** For the server. */
export const TensorServiceDefinition = {
  pullSums: frameStream('PullSums', PullSumsRequest),
  pullReduced: frameStream('PullReduced', PullReducedRequest),
} as const;

/** @param address host:port. */
export function createTensorClient(address: string): TensorClient {
  const client = new Client(address, credentials.createInsecure(), TENSOR_OPTIONS);
  const { pullSums, pullReduced } = TensorServiceDefinition;
  return {
    pullSums: (request, signal) => pull(client, pullSums.path, pullSums.requestSerialize(request), signal),
    pullReduced: (request, signal) => pull(client, pullReduced.path, pullReduced.requestSerialize(request), signal),
    close: () => client.close(),
  };
}

function frameStream<Request>(
  name: string,
  type: MessageType<Request>,
): MethodDefinition<Request, Request, FrameMaker, Uint8Array, false, true> {
  return {
    path: `/prospect.v1.TensorService/${name}`,
    requestStream: false,
    responseStream: true,
    requestSerialize: (request) => type.encode(request).finish(),
    requestDeserialize: (bytes) => type.decode(bytes),
    // nice-grpc calls Buffer.from on the result: a view of an ArrayBuffer, but a copy of anything else.
    responseSerialize: (makeFrame) => makeFrame() as unknown as Uint8Array,
    responseDeserialize: (bytes) => bytes,
    options: {},
  };
}

async function* pull(client: Client, path: string, request: Uint8Array, signal: AbortSignal): AsyncGenerator<Buffer> {
  signal.throwIfAborted();
  const same = (bytes: Buffer): Buffer => bytes;
  const call: ClientReadableStream<Buffer> = client.makeServerStreamRequest(path, same, same, Buffer.from(request));
  const cancel = () => call.cancel();
  signal.addEventListener('abort', cancel);
  try {
    for await (const message of call) yield message;
  } finally {
    signal.removeEventListener('abort', cancel);
    call.cancel();
  }
}
