/** The NVIDIA GPUs of this machine that this process may use, as the driver lists them. */
import { runCommand } from './native/run-command.js';

export interface LocalGpu {
  /** What $CUDA_VISIBLE_DEVICES calls it. */
  readonly id: string;
  readonly name: string;
  readonly memoryMib: number;
}

const QUERY = ['--query-gpu=uuid,name,memory.total', '--format=csv,noheader,nounits'];
const TIMEOUT_MS = 20_000;

/** None where there is no driver, or where it does not answer. */
export async function localGpus(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<LocalGpu[]> {
  const listed = await runCommand('nvidia-smi', QUERY, { timeoutMs: TIMEOUT_MS });
  return listed.ok ? visibleGpus(parseGpus(listed.stdout), environment.CUDA_VISIBLE_DEVICES) : [];
}

export function parseGpus(text: string): LocalGpu[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [id, name, memoryMib] = line.split(',').map((field) => field.trim());
      return { id: id!, name: name ?? '', memoryMib: Number(memoryMib) };
    });
}

/**
 * Those that $CUDA_VISIBLE_DEVICES leaves, in its order: numbers or beginnings of ids, up to the first that is neither,
 * as CUDA itself reads it.
 */
export function visibleGpus(gpus: readonly LocalGpu[], chosen: string | undefined): LocalGpu[] {
  if (chosen === undefined) return [...gpus];
  const visible: LocalGpu[] = [];
  for (const entry of chosen.split(',').map((text) => text.trim())) {
    const gpu = /^\d+$/.test(entry) ? gpus[Number(entry)] : gpus.find(({ id }) => entry !== '' && id.startsWith(entry));
    if (!gpu) break;
    visible.push(gpu);
  }
  return visible;
}
