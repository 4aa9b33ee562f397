/**
 * The tensor streams between workers: requests are the messages of peer.proto, responses are frames (tensor-frame.ts)
 * that pass gRPC as they are. Whoever receives tensors is the client.
 */
import { PullReducedRequest, PullSumsRequest } from '../gen/prospect/v1/peer.js';
import type { StreamMethod } from './streaming-call.js';
import type { Link, OutgoingFrame } from './tensor-frame.js';

/** Makes a frame when the stream has room for it; throws when what it is made of is gone. */
export type FrameMaker = (link: Link) => OutgoingFrame;

export interface TensorServiceImplementation {
  /** Sums of the largest complete subtrees a worker holds, over one slice of the flat gradient (reduce-scatter). */
  pullSums(request: PullSumsRequest): AsyncIterable<FrameMaker>;
  /** A range of the reduced gradient: of the slice a worker owns (all-gather), or of a finished step (observers). */
  pullReduced(request: PullReducedRequest): AsyncIterable<FrameMaker>;
}

export const PULL_SUMS_PATH = '/prospect.v1.TensorService/PullSums';
export const PULL_REDUCED_PATH = '/prospect.v1.TensorService/PullReduced';

/** For the server. */
export function tensorMethods(service: TensorServiceImplementation): StreamMethod[] {
  return [
    { path: PULL_SUMS_PATH, callers: 'members', serve: (request) => service.pullSums(PullSumsRequest.decode(request)) },
    {
      path: PULL_REDUCED_PATH,
      callers: 'members',
      serve: (request) => service.pullReduced(PullReducedRequest.decode(request)),
    },
  ];
}
