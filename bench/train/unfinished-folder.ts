/** Folders that must not stay when the script fails or is interrupted. */
import { rmSync } from 'node:fs';

/** Runs `work` on a folder that it fills, and removes the folder after, whatever ends the script. */
export async function removingAfter<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    return await work();
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** Interruptions end the script through its `exit` event, which removes folders and ends programs; errors are told shortly. */
export async function asScript(work: () => Promise<void>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  try {
    await work();
  } catch (error) {
    console.error(`\n${(error as Error).message}\nNothing half-written was left behind.`);
    process.exitCode = 1;
  }
}
