/** A snapshot as a result: the adapter or the model as it was at that step, as the end of the run would have saved it. */
import { existsSync } from 'node:fs';
import { RunConfigSchema } from '../../core/config/schema.js';
import { ProspectError } from '../../core/errors.js';
import { saveAdapter } from '../output/save-adapter.js';
import { saveModel } from '../output/save-model.js';
import type { LoadedSnapshot } from './load-newest.js';

export interface ExportRequest {
  readonly snapshot: LoadedSnapshot;
  /** Folder that results; it must not exist. */
  readonly folder: string;
  /** Base model, where it is no longer where the run had it. */
  readonly baseFolder?: string;
}

/**
 * @returns SHA-256 (hex) of the safetensors file.
 * @throws CONFIG_INVALID when the folder exists; MODEL_INVALID when the base model isn't there; STORAGE.
 */
export async function exportSnapshot(request: ExportRequest): Promise<{ method: 'lora' | 'full'; sha256: string }> {
  const { snapshot, folder } = request;
  if (existsSync(folder)) {
    throw new ProspectError(
      'CONFIG_INVALID',
      `--output ${folder} exists already. Name a new folder, or remove it first.`,
    );
  }
  const parsed = RunConfigSchema.safeParse(snapshot.state.config);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    const where = `${snapshot.path}: ${path.join('.')} in its configuration: ${message}`;
    throw new ProspectError(
      'STORAGE',
      `${where}. Export it with the version that wrote it (${snapshot.manifest.prospect}).`,
    );
  }
  const config = parsed.data;
  const baseFolder = request.baseFolder ?? config.model;
  const saved = { baseFolder, folder, parameters: snapshot.state.parameters, values: snapshot.parameters() };
  const { sha256 } = await (config.method === 'full'
    ? saveModel(saved)
    : saveAdapter({ ...saved, alpha: config.lora.alpha }));
  return { method: config.method, sha256 };
}
