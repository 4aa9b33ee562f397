/** A copy of a tiny model, with something wrong in it. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HEADER_LENGTH_BYTES } from '../../core/safetensors.js';
import { modelFolder } from './parity-data.js';
import type { RunFolder } from './run-folder.js';

export interface DamagedModel {
  readonly folder: string;
  readonly config: string;
  readonly weights: string;
  /** Replaces fields of config.json. */
  setConfig(fields: object): Promise<void>;
  editWeights(edit: (file: WeightsFile) => Buffer | undefined): Promise<void>;
  removeTokenizer(): Promise<void>;
}

export interface WeightsFile {
  readonly bytes: Buffer;
  /** Position of the first value of a tensor. */
  positionOf(tensor: string): number;
}

/** Lies in the run's folder and goes with it. */
export async function copyModel(run: RunFolder): Promise<DamagedModel> {
  const folder = await mkdtemp(join(run.folder, 'model-'));
  await cp(modelFolder('llama-lora'), folder, { recursive: true });
  const [config, weights] = [join(folder, 'config.json'), join(folder, 'model.safetensors')];
  return {
    folder,
    config,
    weights,
    async setConfig(fields) {
      await writeFile(config, JSON.stringify({ ...JSON.parse(await readFile(config, 'utf8')), ...fields }));
    },
    async editWeights(edit) {
      const bytes = await readFile(weights);
      await writeFile(weights, edit({ bytes, positionOf: (tensor) => positionIn(bytes, tensor) }) ?? bytes);
    },
    removeTokenizer: () => rm(join(folder, 'tokenizer.json')),
  };
}

function positionIn(bytes: Buffer, tensor: string): number {
  const dataStart = HEADER_LENGTH_BYTES + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', HEADER_LENGTH_BYTES, dataStart));
  return dataStart + header[tensor].data_offsets[0];
}
