/** What this worker serves to its peers, and the final parameters to the coordinator: streams of chunks, pulled. */
import { ProspectError } from '../../core/errors.js';
import { rootNode, type TreeNode } from '../../core/reduction-tree.js';
import { chunksOf, type ElementRange, elementBytes } from '../../core/tensor-chunks.js';
import type { PeerServiceImplementation } from '../../proto/gen/prospect/v1/peer.js';
import type { TensorChunk } from '../../proto/gen/prospect/v1/tensor.js';
import type { Exchange } from './exchange.js';

/** The service is up before the model is loaded: `exchange` gives nothing until then. */
export function createPeerService(exchange: () => Exchange | undefined): PeerServiceImplementation {
  const loaded = (): Exchange => {
    const now = exchange();
    if (!now) throw new ProspectError('PROTOCOL', 'this worker has not loaded its model yet');
    return now;
  };
  return {
    async *pullSums({ generation, step, offset, length }) {
      const { store } = loaded();
      store.expect({ generation, step });
      const slice = checkedSlice({ offset, length }, store.length);
      for (const { node, sum } of store.held()) yield* chunkMessages(node, sum, slice);
    },
    async *pullReduced({ generation, step }) {
      const slice = await loaded().reduced({ generation, step });
      yield* chunkMessages(rootNode(1), slice.values, slice);
    },
    async *pullParameters() {
      const { parameters } = loaded();
      yield* chunkMessages(rootNode(1), parameters, { offset: 0, length: parameters.byteLength / 4 });
    },
  };
}

function* chunkMessages(
  node: TreeNode,
  values: SharedArrayBuffer,
  range: ElementRange,
): Generator<{ chunk: TensorChunk }> {
  for (const chunk of chunksOf(range)) {
    const bytes = elementBytes(values, chunk);
    const elements = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    yield { chunk: { level: node.level, index: node.index, offset: chunk.offset, elements } };
  }
}

function checkedSlice(slice: ElementRange, length: number): ElementRange {
  if (slice.offset + slice.length <= length) return slice;
  const asked = `elements ${slice.offset} to ${slice.offset + slice.length}`;
  throw new ProspectError('PROTOCOL', `${asked} were asked for, but the gradient has ${length}`);
}
