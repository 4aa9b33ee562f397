/** How much a worker may hold for forward passes that wait for their backward pass. */
import { totalmem } from 'node:os';

const GIB = 2 ** 30;

/** Four workers fit on a machine without being told of each other. */
const SHARE_OF_MACHINE = 0.15;

/** @param gib as configured. @returns that, or a share of what the machine, or the container, has. */
export function memoryBudgetBytes(gib: number | undefined): number {
  if (gib !== undefined) return gib * GIB;
  const allowed = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return SHARE_OF_MACHINE * Math.min(totalmem(), allowed);
}
