/** How much a worker may hold for what it computes. */
import { totalmem } from 'node:os';
import type { Fits } from '../kto/in-parts.js';
import { workingBytes } from '../model/pass-memory.js';
import type { DecoderSpec } from '../model/spec.js';

const GIB = 2 ** 30;

/** Four workers fit on a machine without being told of each other. */
const SHARE_OF_MACHINE = 0.15;

/** @param gib as configured. @returns that, or a share of what the machine, or the container, has. */
export function memoryBudgetBytes(gib: number | undefined): number {
  if (gib !== undefined) return gib * GIB;
  const allowed = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return SHARE_OF_MACHINE * Math.min(totalmem(), allowed);
}

/** Only a configured budget decides what is computed together: that changes bits, and must not depend on the machine. */
export function fitsBudget(spec: DecoderSpec, gib: number | undefined): Fits {
  if (gib === undefined) return () => true;
  return (sequences) =>
    workingBytes(
      spec,
      sequences.map(({ tokenIds }) => tokenIds.length),
    ) <=
    gib * GIB;
}
