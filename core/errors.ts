/**
 * Every error that a person can meet, in one table: what kind it is, which gRPC status carries it
 * over the wire and which exit code ends the process. Messages say what was wrong, where, and what to do.
 */

export type ErrorCode = keyof typeof ERROR_TABLE;

interface ErrorKind {
  /** Process exit code. 2–10 are ours, 130 is the shell's for SIGINT. */
  readonly exitCode: number;
  /** Numeric gRPC status (https://grpc.io/docs/guides/status-codes). */
  readonly grpcStatus: number;
  readonly retryable: boolean;
}

export const ERROR_TABLE = {
  INTERNAL: { exitCode: 1, grpcStatus: 13, retryable: false },
  CONFIG_INVALID: { exitCode: 2, grpcStatus: 3, retryable: false },
  ACCESS_DENIED: { exitCode: 2, grpcStatus: 16, retryable: false },
  DATA_INVALID: { exitCode: 3, grpcStatus: 3, retryable: false },
  MODEL_INVALID: { exitCode: 4, grpcStatus: 3, retryable: false },
  ENGINE_UNAVAILABLE: { exitCode: 5, grpcStatus: 9, retryable: false },
  ADDRESS_IN_USE: { exitCode: 6, grpcStatus: 6, retryable: false },
  UNREACHABLE: { exitCode: 6, grpcStatus: 14, retryable: true },
  WORKER_LOST: { exitCode: 7, grpcStatus: 10, retryable: true },
  WORKER_MISMATCH: { exitCode: 7, grpcStatus: 9, retryable: false },
  PROTOCOL: { exitCode: 7, grpcStatus: 9, retryable: false },
  STORAGE: { exitCode: 8, grpcStatus: 8, retryable: false },
  NON_FINITE: { exitCode: 9, grpcStatus: 11, retryable: false },
  LEASE_LOST: { exitCode: 10, grpcStatus: 10, retryable: true },
  INTERRUPTED: { exitCode: 130, grpcStatus: 1, retryable: false },
} as const satisfies Record<string, ErrorKind>;

export class ProspectError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ProspectError';
    this.code = code;
  }

  get retryable(): boolean {
    return ERROR_TABLE[this.code].retryable;
  }
}

/** Any thrown value as a ProspectError; what we did not foresee is INTERNAL. */
export function toProspectError(thrown: unknown): ProspectError {
  if (thrown instanceof ProspectError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ProspectError('INTERNAL', message, { cause: thrown });
}

export function exitCodeOf(thrown: unknown): number {
  return ERROR_TABLE[toProspectError(thrown).code].exitCode;
}

/** The error code that a gRPC status stands for, for errors that arrive from another process. */
export function codeOfGrpcStatus(status: number): ErrorCode {
  const found = Object.entries(ERROR_TABLE).find(([, kind]) => kind.grpcStatus === status);
  return (found?.[0] ?? 'INTERNAL') as ErrorCode;
}

/** True for Node's file-system errors, with the errno name (ENOSPC, ENOENT …) to look at. */
export function isErrnoError(thrown: unknown): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string';
}
