/** What must be equal among workers for equal bits, and how a difference is told. */

export interface EngineFingerprint {
  /** tensorflow-gpu, tensorflow or wasm. */
  readonly engine: string;
  readonly version: string;
  readonly threads: number;
  /** Settings that change bits, as one readable string. */
  readonly settings: string;
  /** Processor or accelerator model. */
  readonly processor: string;
}

/** Names the fields that differ, for a person; empty when equal. */
export function fingerprintDifferences(expected: EngineFingerprint, actual: EngineFingerprint): string[] {
  const fields = ['engine', 'version', 'threads', 'settings', 'processor'] as const;
  return fields
    .filter((field) => expected[field] !== actual[field])
    .map((field) => `${field}: ${actual[field]} instead of ${expected[field]}`);
}
