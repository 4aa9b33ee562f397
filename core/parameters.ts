/**
 * The trainable parameters as one flat float32 array: who lies where. Gradients, optimizer state, all-reduce slices,
 * snapshots and saved files all use this order.
 */

export interface Parameter {
  /** Tensor name in the saved file (Hugging Face names, or PEFT names for an adapter). */
  readonly name: string;
  readonly shape: readonly number[];
  /** Weight decay applies (matrices, not biases and norms). */
  readonly decayed: boolean;
}

export interface ParameterSlot extends Parameter {
  /** First element in the flat array. */
  readonly offset: number;
  readonly length: number;
}

export interface ParameterLayout {
  readonly slots: readonly ParameterSlot[];
  /** Elements of the whole flat array. */
  readonly length: number;
}

export function layoutOf(parameters: readonly Parameter[]): ParameterLayout {
  let offset = 0;
  const slots = parameters.map((parameter) => {
    const length = parameter.shape.reduce((product, side) => product * side, 1);
    const slot = { ...parameter, offset, length };
    offset += length;
    return slot;
  });
  return { slots, length: offset };
}

/** Contiguous, nearly equal slices of the flat array, one a rank. */
export function sliceOf(rank: number, worldSize: number, length: number): { offset: number; length: number } {
  const start = Math.floor((rank * length) / worldSize);
  return { offset: start, length: Math.floor(((rank + 1) * length) / worldSize) - start };
}
