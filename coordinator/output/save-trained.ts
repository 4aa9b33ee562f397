/** What a run leaves: `<output>/adapter` or `<output>/model`, by the method that the configuration names. */
import { join } from 'node:path';
import type { RunConfig } from '../../core/config/schema.js';
import type { Parameter } from '../../core/parameters.js';
import { saveAdapter } from './save-adapter.js';
import { saveModel } from './save-model.js';

export interface SaveTrainedRequest {
  readonly config: RunConfig;
  readonly parameters: readonly Parameter[];
  /** Consecutive pieces of the flat array. */
  readonly values: AsyncIterable<Float32Array>;
}

/**
 * @returns the folder, and SHA-256 (hex) of its safetensors file.
 * @throws STORAGE when it can't be written whole; an earlier result then stays as it was.
 */
export async function saveTrained(request: SaveTrainedRequest): Promise<{ folder: string; sha256: string }> {
  const { config, parameters, values } = request;
  const baseFolder = config.model;
  if (config.method === 'full') {
    const folder = join(config.output, 'model');
    return { folder, ...(await saveModel({ baseFolder, folder, parameters, values })) };
  }
  const folder = join(config.output, 'adapter');
  const { alpha } = config.lora;
  return { folder, ...(await saveAdapter({ baseFolder, folder, alpha, parameters, values })) };
}
