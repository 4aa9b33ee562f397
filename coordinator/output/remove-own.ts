/** Removing a small file that this coordinator wrote: another one may have taken over and written its own. */
import { readFile, rm } from 'node:fs/promises';

/** Does nothing when it holds something else. */
export async function removeOwn(path: string, content: string): Promise<void> {
  const found = await readFile(path, 'utf8').catch(() => undefined);
  if (found === content) await rm(path, { force: true });
}
