/** What passes between a worker's main thread and its compute thread. */
import { type ErrorCode, ProspectError, toProspectError } from '../../core/errors.js';
import type { Compute, EngineMemory } from './compute.js';

export type Method = Exclude<keyof Compute, 'memory'>;

export interface Call {
  readonly id: number;
  readonly method: Method;
  readonly argument: unknown;
}

export interface Reply {
  readonly id: number;
  readonly result?: unknown;
  /** Of the compute thread: what its engine holds now. */
  readonly memory?: EngineMemory;
  readonly error?: { readonly code: ErrorCode; readonly message: string; readonly stack?: string };
}

export function errorReply(id: number, thrown: unknown): Reply {
  const { code, message, stack } = toProspectError(thrown);
  return { id, error: { code, message, ...(stack !== undefined && { stack }) } };
}

export function errorOf({ code, message, stack }: NonNullable<Reply['error']>): ProspectError {
  const error = new ProspectError(code, message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
