/** Whether two workers have the same base model: one hash of its files. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Weights, how they are sharded, and what computes with them; not the tokenizer, which workers have no use for. */
const MODEL_FILE = /^config\.json$|\.safetensors$|\.safetensors\.index\.json$/;

/** @returns hex SHA-256 over names and contents, in the order of the names. */
export async function digestModelFiles(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const names = (await readdir(folder)).filter((name) => MODEL_FILE.test(name));
  for (const name of names.sort()) {
    hash.update(`${name}\0`);
    for await (const piece of createReadStream(join(folder, name))) hash.update(piece);
  }
  return hash.digest('hex');
}
