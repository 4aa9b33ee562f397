/** A range of a reduced gradient, pulled from one worker to where it belongs. */
import { chunksOf, type ElementRange, elementBytes } from '../../core/tensor-chunks.js';
import type { FrameHeader, MemoryFor } from '../../proto/transport/tensor-frame.js';
import { expectFrame, readElements } from './gradient-frames.js';
import type { StepKey } from './gradient-store.js';
import type { Peer } from './peer-clients.js';

/**
 * What is float32 on the wire is received in its place; until this returns, what lies in the range means nothing.
 * @param gradient the whole, flat float32. @throws PeerError, and PROTOCOL for frames of anything else.
 */
export async function gatherInto(
  gradient: SharedArrayBuffer,
  peer: Peer,
  key: StepKey,
  range: ElementRange,
  signal: AbortSignal,
): Promise<void> {
  const elements = new Float32Array(gradient);
  const due = chunksOf(range);
  const memory = placesIn(gradient);
  for await (const frame of peer.pullReduced(key, range, memory.places, signal)) {
    expectFrame(frame, key, due.next().value ?? undefined);
    if (frame.payload.buffer === gradient) continue;
    readElements(frame, elements.subarray(frame.offset, frame.offset + frame.length));
    memory.give(frame.payload);
  }
}

/** Only the piece that is due is received in its place: a header that is damaged may name any other. */
function placesIn(gradient: SharedArrayBuffer) {
  const spare: Uint8Array[] = [];
  const takeSpare = (bytes: number): Uint8Array => {
    const found = spare.pop();
    return found && found.length >= bytes ? found : new Uint8Array(bytes);
  };
  return {
    places(rest: ElementRange): MemoryFor {
      const chunks = chunksOf(rest);
      return (header, bytes) => {
        const due: ElementRange | undefined = chunks.next().value ?? undefined;
        return due && isPlain(header, due, bytes) ? elementBytes(gradient, due) : takeSpare(bytes);
      };
    },
    give: (memory: Uint8Array) => spare.push(memory),
  };
}

function isPlain({ elementType, offset }: FrameHeader, due: ElementRange, bytes: number): boolean {
  return elementType === 'float32' && offset === due.offset && bytes === due.length * Float32Array.BYTES_PER_ELEMENT;
}
