/** What processor this is, as far as it changes bits: its model, and the vector instructions that kernels choose by. */

import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Instruction sets by which the native libraries pick their kernels, as Linux names them. */
const VECTOR_FLAGS = [
  'avx',
  'avx2',
  'fma',
  'avx_vnni',
  'avx512f',
  'avx512bw',
  'avx512vl',
  'avx512_vnni',
  'avx512_bf16',
];
const MATRIX_FLAGS = [
  'avx512_fp16',
  'amx_bf16',
  'amx_int8',
  'amx_tile',
  'asimd',
  'asimdhp',
  'bf16',
  'i8mm',
  'sve',
  'sve2',
];

/** For example `Intel(R) Xeon(R) Platinum 8481C (avx avx2 fma avx512f)`. */
export function processorName(): string {
  return describeProcessor(cpus()[0]?.model ?? process.arch, readCpuInfo());
}

/** From the model's name and the text of /proc/cpuinfo (empty where there is none). */
export function describeProcessor(model: string, cpuInfo: string): string {
  const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuInfo)?.[1] ?? '';
  const present = new Set(line.split(/\s+/));
  const flags = [...VECTOR_FLAGS, ...MATRIX_FLAGS].filter((flag) => present.has(flag));
  const name = model.trim() === '' || model === 'unknown' ? process.arch : model.trim();
  return flags.length === 0 ? name : `${name} (${flags.join(' ')})`;
}

function readCpuInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}
