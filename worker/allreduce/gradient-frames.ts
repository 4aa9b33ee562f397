/** Elements of flat gradients as frames, and back. What is rounded to bfloat16 already may travel as that. */
import { packBfloat16, unpackBfloat16 } from '../../core/bfloat16.js';
import { ProspectError } from '../../core/errors.js';
import type { TreeNode } from '../../core/reduction-tree.js';
import { type ElementRange, elementBytes } from '../../core/tensor-chunks.js';
import { encodeFrame, type Link, type OutgoingFrame, type TensorFrame } from '../../proto/transport/tensor-frame.js';
import type { StepKey, Wire } from './gradient-store.js';

export interface FrameOf {
  readonly node: TreeNode;
  /** Frames with the same offset, one a node. */
  readonly nodeCount: number;
}

/** @param values flat gradient; with wire bfloat16 its elements in `range` are rounded. */
export function gradientFrame(
  values: SharedArrayBuffer,
  range: ElementRange,
  { generation, step }: StepKey,
  { node, nodeCount }: FrameOf,
  wire: Wire,
  link: Link,
): OutgoingFrame {
  const header = { ...range, level: node.level, index: node.index, nodeCount, generation, step, elementType: wire };
  return encodeFrame(header, wire === 'bfloat16' ? packed(values, range) : elementBytes(values, range), link);
}

/** @param into receives the elements as float32, as many as the frame has. */
export function readElements({ elementType, payload, length }: TensorFrame, into: Float32Array): void {
  const { buffer, byteOffset } = payload;
  if (elementType === 'float32') into.set(new Float32Array(buffer, byteOffset, length));
  else unpackBfloat16(new Uint16Array(buffer, byteOffset, length), into);
}

/** Throws PROTOCOL unless the frame belongs to this step and has exactly these elements; none are due at the end. */
export function expectFrame(frame: TensorFrame, { generation, step }: StepKey, due: ElementRange | undefined): void {
  if (frame.generation !== generation || frame.step !== step) {
    const got = `generation ${frame.generation}, step ${frame.step}`;
    throw new ProspectError('PROTOCOL', `a frame of ${got} came, instead of generation ${generation}, step ${step}`);
  }
  if (frame.offset !== due?.offset || frame.length !== due.length) {
    const expected = due ? `${due.offset} to ${due.offset + due.length}` : 'none';
    const got = `elements ${frame.offset} to ${frame.offset + frame.length}`;
    throw new ProspectError('PROTOCOL', `${got} came, instead of ${expected}`);
  }
}

function packed(values: SharedArrayBuffer, { offset, length }: ElementRange): Uint8Array {
  return new Uint8Array(packBfloat16(new Float32Array(values, offset * 4, length)).buffer);
}
