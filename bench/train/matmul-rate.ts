/** The machine's rate of matrix products, through our engine and through torch: what a step's rate is held against. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LlamaSizes } from '../../examples/quickstart/initial-weights.js';
import { engineEnvironment } from '../../worker/engine/environment.js';
import { PEERS_FOLDER } from '../peers/python.js';
import { linearShapes } from './flops.js';
import { runProgram } from './program.js';
import { DEVICES, type Device } from './settings.js';

/** a [m, k] times b [k, n]. */
export type ProductShape = readonly [m: number, k: number, n: number];

export interface ProductRates {
  /** Best GFLOP/s of 1024 × 1024 × 1024. */
  readonly square: number;
  /** GFLOP/s of one layer's linear layers on 1024 positions, together. */
  readonly layer: number;
}

const POSITIONS = 1024;
const SQUARE: ProductShape = [1024, 1024, 1024];
const SECONDS_A_SHAPE = 0.4;
const PROCESS = fileURLToPath(new URL('./matmul-process.js', import.meta.url));

/** @throws with what the program said. */
export async function engineRates(sizes: LlamaSizes, threads: number, device: Device): Promise<ProductRates> {
  const shapes = shapesOf(sizes);
  const args = [PROCESS, JSON.stringify(shapes), String(threads), String(SECONDS_A_SHAPE), DEVICES[device].engine];
  return ratesOf(shapes, await runProgram(process.execPath, args, engineEnvironment(threads)));
}

/** @throws with what the program said. */
export async function torchRates(
  python: string,
  sizes: LlamaSizes,
  threads: number,
  device: Device,
): Promise<ProductRates> {
  const shapes = shapesOf(sizes);
  const script = join(PEERS_FOLDER, 'matmul_rate.py');
  const args = [script, JSON.stringify(shapes), String(threads), String(SECONDS_A_SHAPE), device];
  return ratesOf(shapes, await runProgram(python, args, {}));
}

function shapesOf(sizes: LlamaSizes): ProductShape[] {
  return [SQUARE, ...linearShapes(sizes).map(({ inputs, outputs }): ProductShape => [POSITIONS, inputs, outputs])];
}

function ratesOf(shapes: readonly ProductShape[], { stdout }: { readonly stdout: string }): ProductRates {
  const [square, ...layer] = JSON.parse(stdout.trim().split('\n').at(-1)!) as number[];
  const gflop = shapes.slice(1).map(([m, k, n]) => (2 * m * k * n) / 1e9);
  const seconds = gflop.reduce((total, amount, i) => total + amount / layer[i]!, 0);
  return { square: square!, layer: gflop.reduce((total, amount) => total + amount) / seconds };
}
