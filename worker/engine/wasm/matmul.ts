/**
 * Matrix products on wasm by our own tiles (product-module.ts). The backend's product is half as fast, takes one
 * untransposed pair of matrices only, and falls into a scalar loop 4 to 50 times slower for anything else.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { heapOf, type WasmHeap } from './heap.js';
import { instantiateProducts, type ProductModule, TILE_COLUMNS, TILE_ROWS } from './product-module.js';

const FLOAT_BYTES = 4;
const TILE_ROW_BYTES = TILE_COLUMNS * FLOAT_BYTES;
/** Rows of a that are worked on together stay in the second-level cache. */
const BLOCK_BYTES = 512 * 1024;

/** A matrix in the heap: element (i, j) lies at address + i·rowStride + j·columnStride, in bytes. */
interface Matrix {
  readonly address: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** Room for packed columns and for a tile's columns that lie beyond the result. */
interface Scratch {
  readonly bytes: number;
  readonly address: number;
}

interface Products {
  readonly backend: tf.KernelBackend;
  readonly module: ProductModule;
  scratch: Scratch;
}

let products: Products | undefined;

/** a [n, m, k] times b [n, k, p] → [n, m, p]; flags say which is stored with its last two sides the other way round. */
export function wasmMatMul(a: tf.Tensor3D, b: tf.Tensor3D, transposeA: boolean, transposeB: boolean): tf.Tensor3D {
  const backend = tf.backend() as BackendWasm;
  const heap = heapOf(backend);
  if (products?.backend !== backend) {
    products = { backend, module: instantiateProducts(heap.memory), scratch: { bytes: 0, address: 0 } };
  }
  const [count, m, k] = transposeA ? [a.shape[0], a.shape[2], a.shape[1]] : a.shape;
  const p = transposeB ? b.shape[1] : b.shape[2];
  const out = backend.makeOutput([count, m, p], 'float32');
  const block = Math.max(TILE_ROWS, Math.floor(BLOCK_BYTES / (k * FLOAT_BYTES)));
  reserve(products, heap, (k + Math.min(m, block)) * TILE_ROW_BYTES);
  const [aStart, bStart, cStart] = [heap.addressOf(a), heap.addressOf(b), heap.addressOf(out)];
  for (let entry = 0; entry < count; entry++) {
    const left = matrixAt(aStart + entry * m * k * FLOAT_BYTES, transposeA ? m : k, transposeA);
    const right = matrixAt(bStart + entry * k * p * FLOAT_BYTES, transposeB ? k : p, transposeB);
    const c = matrixAt(cStart + entry * m * p * FLOAT_BYTES, p, false);
    for (let row = 0; row < m; row += block) {
      multiplyRows(products, heap, left, right, c, { row, rows: Math.min(block, m - row), k, p });
    }
  }
  return tf.engine().makeTensorFromTensorInfo(out) as tf.Tensor3D;
}

interface Extent {
  readonly row: number;
  readonly rows: number;
  readonly k: number;
  readonly p: number;
}

function multiplyRows(
  { module, scratch }: Products,
  heap: WasmHeap,
  a: Matrix,
  b: Matrix,
  c: Matrix,
  { row, rows, k, p }: Extent,
): void {
  const packed = scratch.address;
  const spare = packed + k * TILE_ROW_BYTES;
  const aStart = a.address + row * a.rowStride;
  for (let column = 0; column < p; column += TILE_COLUMNS) {
    const columns = Math.min(TILE_COLUMNS, p - column);
    pack(module, heap, b, column, columns, k, packed);
    const isWhole = columns === TILE_COLUMNS;
    const target = isWhole ? c.address + row * c.rowStride + column * FLOAT_BYTES : spare;
    const stride = isWhole ? c.rowStride : TILE_ROW_BYTES;
    const whole = Math.floor(rows / TILE_ROWS);
    const rest = rows - whole * TILE_ROWS;
    if (whole > 0)
      module.multiply[TILE_ROWS - 1]!(aStart, a.rowStride, a.columnStride, packed, k, target, stride, whole);
    if (rest > 0) {
      const done = whole * TILE_ROWS;
      const [from, to] = [aStart + done * a.rowStride, target + done * stride];
      module.multiply[rest - 1]!(from, a.rowStride, a.columnStride, packed, k, to, stride, 1);
    }
    if (!isWhole) copyColumns(heap, spare, c, { row, rows, column, columns });
  }
}

function pack(
  module: ProductModule,
  heap: WasmHeap,
  { address, rowStride, columnStride }: Matrix,
  column: number,
  columns: number,
  k: number,
  packed: number,
): void {
  const start = address + column * columnStride;
  if (columns === TILE_COLUMNS) {
    if (columnStride === FLOAT_BYTES) module.packColumns(start, rowStride, k, packed);
    else module.packRows(start, columnStride, k, packed);
    return;
  }
  const floats = heap.floats();
  const to = packed / FLOAT_BYTES;
  floats.fill(0, to, to + k * TILE_COLUMNS);
  for (let l = 0; l < k; l++)
    for (let j = 0; j < columns; j++)
      floats[to + l * TILE_COLUMNS + j] = floats[(start + l * rowStride + j * columnStride) / FLOAT_BYTES]!;
}

/** From the spare tile, whose rows are TILE_COLUMNS long, to the columns that the result has. */
function copyColumns(
  heap: WasmHeap,
  spare: number,
  c: Matrix,
  { row, rows, column, columns }: { row: number; rows: number; column: number; columns: number },
): void {
  const floats = heap.floats();
  for (let i = 0; i < rows; i++) {
    const from = spare / FLOAT_BYTES + i * TILE_COLUMNS;
    const to = (c.address + (row + i) * c.rowStride) / FLOAT_BYTES + column;
    for (let j = 0; j < columns; j++) floats[to + j] = floats[from + j]!;
  }
}

/** @param width elements of a stored row */
function matrixAt(address: number, width: number, transposed: boolean): Matrix {
  const [along, across] = [FLOAT_BYTES, width * FLOAT_BYTES];
  return transposed
    ? { address, rowStride: along, columnStride: across }
    : { address, rowStride: across, columnStride: along };
}

function reserve(held: Products, heap: WasmHeap, bytes: number): void {
  if (held.scratch.bytes >= bytes) return;
  if (held.scratch.bytes > 0) heap.free(held.scratch.address);
  held.scratch = { bytes, address: heap.allocate(bytes) };
}
