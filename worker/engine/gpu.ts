/** Whether this process could use an NVIDIA GPU, found without loading anything. */

import { existsSync } from 'node:fs';

/** The driver's device, and its stand-in inside Windows' Linux. */
const DEVICES = ['/dev/nvidiactl', '/dev/dxg'];

/** False also when $CUDA_VISIBLE_DEVICES hides every GPU. */
export function gpuVisible(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  exists: (path: string) => boolean = existsSync,
): boolean {
  const chosen = environment.CUDA_VISIBLE_DEVICES;
  return chosen !== '' && chosen !== '-1' && DEVICES.some((device) => exists(device));
}
