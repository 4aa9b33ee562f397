/** What is known of a published adapter: `manifest.json` beside its files, and the same in the object store. */
import { z } from 'zod';

const count = z.int().nonnegative();
/** null: the mean over nothing, or not finite. */
const mean = z.number().nullable();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Of the held-out rows, after the adapter's step. */
export const AdapterEvaluationSchema = z.object({
  loss: mean,
  'rewards/chosen': mean,
  'rewards/rejected': mean,
  'rewards/margins': mean,
  accuracy: mean,
});

export const AdapterManifestSchema = z.object({
  format: z.literal(1),
  run: z.string(),
  /** 1, 2, …; versions of later runs in the same folder go on behind. */
  version: z.int().positive(),
  step: count,
  /** Of the base model's files. */
  modelDigest: z.string(),
  parameterDigest: z.string(),
  files: z.array(z.object({ name: z.string(), bytes: count, sha256 })),
  /** null: there were no held-out rows. */
  evaluation: AdapterEvaluationSchema.nullable(),
  /** It became the current one. */
  promoted: z.boolean(),
  /** Why it did or did not. */
  reason: z.string(),
});

export type AdapterEvaluation = Readonly<z.output<typeof AdapterEvaluationSchema>>;
export type AdapterManifest = Readonly<z.output<typeof AdapterManifestSchema>>;

export const MANIFEST_FILE = 'manifest.json';

/** In the object store. client/follow-adapters.ts has the same names for who reads them. */
export function adapterObject(run: string, version: number, file: string): string {
  return `${run}/adapters/${version}/${file}`;
}

/** Holds the manifest of the newest promoted version. */
export function currentObject(run: string): string {
  return `${run}/adapters/current`;
}
