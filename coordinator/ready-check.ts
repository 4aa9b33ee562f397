/** Whether a worker that has loaded its model is the same as the first one: equal bits need equal engines and weights. */
import { type EngineFingerprint, fingerprintDifferences } from '../core/fingerprint.js';
import type { Parameter } from '../core/parameters.js';

export interface LoadedWorker {
  readonly engine: EngineFingerprint;
  /** SHA-256 of the initial trainable parameters, hex. */
  readonly parameterDigest: string;
  readonly parameters: readonly Parameter[];
  /** SHA-256 of the base model's files, hex. */
  readonly modelDigest: string;
}

export interface ReadyDifferences {
  /** Refused or warned about, as the configuration says. */
  readonly engine: string[];
  /** Always refused: such a worker trains another model. */
  readonly model: string[];
}

/** Each difference as text that names the field; empty lists for equal workers. */
export function readyDifferences(expected: LoadedWorker, actual: LoadedWorker): ReadyDifferences {
  const model: string[] = [];
  if (expected.modelDigest !== actual.modelDigest) {
    model.push(`model files digest: ${actual.modelDigest} instead of ${expected.modelDigest}`);
  }
  const layouts = [expected, actual].map(({ parameters }) => JSON.stringify(parameters.map(layoutFields)));
  if (layouts[0] !== layouts[1]) {
    model.push(`parameters: ${describe(actual)} instead of ${describe(expected)}`);
  } else if (expected.parameterDigest !== actual.parameterDigest) {
    model.push(`parameter digest: ${actual.parameterDigest} instead of ${expected.parameterDigest}`);
  }
  return { engine: fingerprintDifferences(expected.engine, actual.engine), model };
}

function layoutFields({ name, shape, decayed }: Parameter) {
  return [name, shape, decayed];
}

function describe({ parameters }: LoadedWorker): string {
  return `${parameters.length} tensors from ${parameters[0]?.name ?? 'none'} to ${parameters.at(-1)?.name ?? 'none'}`;
}
