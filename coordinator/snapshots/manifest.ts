/**
 * manifest.json, the last file of a snapshot: what the others must be. It carries a digest of itself, and its text is
 * the one way to write its content, so that any changed byte shows.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';

export const MANIFEST_FILE = 'manifest.json';
export const SCHEMA_VERSION = 1;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const FileEntrySchema = z.strictObject({ bytes: z.int().nonnegative(), sha256 });

const ManifestSchema = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  /** Version of prospect that wrote it. */
  prospect: z.string(),
  step: z.int().nonnegative(),
  /** ISO 8601. */
  writtenAt: z.string(),
  /** SHA-256 of the manifest.json of the snapshot before; null for the first. */
  previous: sha256.nullable(),
  files: z.record(z.string(), FileEntrySchema),
  /** SHA-256 of all of the above, as JSON. */
  sha256,
});

export type FileEntry = z.output<typeof FileEntrySchema>;
export type Manifest = z.output<typeof ManifestSchema>;

export function manifestText(content: Omit<Manifest, 'schemaVersion' | 'sha256'>): string {
  const { prospect, step, writtenAt, previous, files } = content;
  const body = { schemaVersion: SCHEMA_VERSION as typeof SCHEMA_VERSION, prospect, step, writtenAt, previous, files };
  return textOf({ ...body, sha256: digestOf(body) });
}

/** @returns the manifest, or what is wrong with it, for a person. */
export function parseManifest(text: string): Manifest | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return `${MANIFEST_FILE} is damaged (no JSON)`;
  }
  const parsed = ManifestSchema.safeParse(value);
  if (!parsed.success) return otherVersion(value) ?? `${MANIFEST_FILE} is damaged (${fieldsOf(parsed.error)})`;
  const { sha256: digest, ...body } = value as Manifest;
  if (digestOf(body) !== digest || textOf(value as Manifest) !== text) {
    return `${MANIFEST_FILE} is damaged (its own SHA-256 differs)`;
  }
  return parsed.data;
}

/** What the next snapshot names this one by. */
export function manifestDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function otherVersion(value: unknown): string | undefined {
  const version = z.looseObject({ schemaVersion: z.int() }).safeParse(value);
  if (!version.success || version.data.schemaVersion === SCHEMA_VERSION) return undefined;
  return `it has schema version ${version.data.schemaVersion}, and this prospect reads version ${SCHEMA_VERSION}`;
}

function fieldsOf(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'content'}: ${issue.message}`).join('; ');
}

function digestOf(body: object): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex');
}

function textOf(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
