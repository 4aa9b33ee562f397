/** What this worker serves to its peers: gradients, as streams of frames. */
import { ProspectError } from '../../core/errors.js';
import { rootNode } from '../../core/reduction-tree.js';
import { chunksOf, type ElementRange } from '../../core/tensor-chunks.js';
import type { FrameMaker, TensorServiceImplementation } from '../../proto/transport/tensor-service.js';
import type { Exchange } from './exchange.js';
import { gradientFrame } from './gradient-frames.js';
import type { StepKey } from './gradient-store.js';

const WHOLE = { node: rootNode(1), nodeCount: 1 };

/** The service is up before the model is loaded: `exchange` gives nothing until then. */
export function createPeerService(exchange: () => Exchange | undefined): TensorServiceImplementation {
  const loaded = (): Exchange => {
    const now = exchange();
    if (!now) throw new ProspectError('PROTOCOL', 'this worker has not loaded its model yet');
    return now;
  };
  return {
    pullSums: ({ generation, step, offset, length }) => sumFrames(loaded(), { generation, step }, { offset, length }),
    pullReduced: ({ generation, step, offset, length }) =>
      reducedFrames(loaded(), { generation, step }, { offset, length }),
  };
}

/** Piece by piece, so that the receiver can finish one while the next comes; of each piece all nodes. */
async function* sumFrames({ store }: Exchange, step: StepKey, slice: ElementRange): AsyncGenerator<FrameMaker> {
  await store.arrival(step);
  expectInside(slice, store.length);
  const held = store.held();
  for (const chunk of chunksOf(slice)) {
    for (const { node, sum } of held) {
      // Leaves are rounded for the wire, their sums are not.
      const wire = node.level === 0 ? store.wire : 'float32';
      yield (link) => {
        // A later step may use the buffers again.
        store.expect(step);
        return gradientFrame(sum, chunk, step, { node, nodeCount: held.length }, wire, link);
      };
    }
  }
}

async function* reducedFrames(exchange: Exchange, step: StepKey, range: ElementRange): AsyncGenerator<FrameMaker> {
  expectInside(range, exchange.store.length);
  const reduction = await exchange.reduction(step);
  for (const chunk of chunksOf(range)) {
    await reduction.ready(chunk);
    yield (link) => {
      reduction.signal.throwIfAborted();
      return gradientFrame(reduction.gradient, chunk, step, WHOLE, exchange.store.wire, link);
    };
  }
}

function expectInside({ offset, length }: ElementRange, total: number): void {
  if (offset + length <= total) return;
  const asked = `elements ${offset} to ${offset + length}`;
  throw new ProspectError('PROTOCOL', `${asked} were asked for, but the gradient has ${total}`);
}
