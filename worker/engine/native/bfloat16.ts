/**
 * Matrix products in bfloat16 with float32 sums, through the binding: TensorFlow.js has no such type, so the rounded
 * operands live as native tensors between three calls.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Transposes } from '../kernels/matmul.js';

/** TensorFlow's numbers of its types. */
const DT_FLOAT = 1;
const DT_BFLOAT16 = 14;

interface NativeTensor {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

interface NativeBackend {
  readonly binding: {
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_BOOL: number;
    executeOp(
      name: string,
      attributes: readonly Attribute[],
      inputs: readonly number[],
      outputs: number,
    ): NativeTensor[];
    deleteTensor(id: number): void;
  };
  getInputTensorIds(tensors: readonly tf.Tensor[]): number[];
  createOutputTensor(native: NativeTensor): tf.Tensor;
}

/** Both operands are rounded to bfloat16 (to nearest, ties to even), and so is the result. */
export function bfloat16MatMul(
  a: tf.Tensor,
  b: tf.Tensor,
  { a: first = false, b: second = false }: Transposes,
): tf.Tensor2D {
  const backend = tf.backend() as unknown as NativeBackend;
  const { binding } = backend;
  const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });
  const flag = (name: string, value: boolean) => ({ name, type: binding.TF_ATTR_BOOL, value });
  const cast = (id: number, from: number, to: number): NativeTensor =>
    binding.executeOp('Cast', [type('SrcT', from), type('DstT', to), flag('Truncate', false)], [id], 1)[0]!;
  const rounded = backend.getInputTensorIds([a, b]).map((id) => cast(id, DT_FLOAT, DT_BFLOAT16).id);
  const attributes = [type('T', DT_BFLOAT16), flag('transpose_a', first), flag('transpose_b', second)];
  const product = binding.executeOp('MatMul', attributes, rounded, 1)[0]!.id;
  const result = cast(product, DT_BFLOAT16, DT_FLOAT);
  for (const id of [...rounded, product]) binding.deleteTensor(id);
  return backend.createOutputTensor(result) as tf.Tensor2D;
}
