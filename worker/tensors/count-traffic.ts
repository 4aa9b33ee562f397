/** Gradients on their way, counted: what peers send in a reduction, and what this worker serves for theirs. */
import type { TensorFrame } from '../../proto/transport/tensor-frame.js';
import type { FrameMaker, TensorServiceImplementation } from '../../proto/transport/tensor-service.js';
import type { Peer } from '../allreduce/peer-clients.js';
import type { Traffic } from './traffic.js';

/** @param onFrame called for each frame that comes. */
export function countedPeer(peer: Peer, traffic: Traffic, onFrame: () => void): Peer {
  async function* count(frames: AsyncIterable<TensorFrame>): AsyncGenerator<TensorFrame> {
    for await (const frame of frames) {
      traffic.add('receivedBytes', frame.payload.byteLength);
      onFrame();
      yield frame;
    }
  }
  return {
    rank: peer.rank,
    pullSums: (...request) => count(peer.pullSums(...request)),
    pullReduced: (...request) => count(peer.pullReduced(...request)),
  };
}

/** Who only observes asks for generation 0: that is no part of a reduction. */
export function countedService(service: TensorServiceImplementation, traffic: Traffic): TensorServiceImplementation {
  async function* count(frames: AsyncIterable<FrameMaker>): AsyncGenerator<FrameMaker> {
    for await (const make of frames) {
      yield (link) => {
        const frame = make(link);
        traffic.add('sentBytes', frame[1].byteLength);
        return frame;
      };
    }
  }
  return {
    pullSums: (request) => count(service.pullSums(request)),
    pullReduced(request) {
      const frames = service.pullReduced(request);
      return request.generation === 0 ? frames : count(frames);
    },
  };
}
