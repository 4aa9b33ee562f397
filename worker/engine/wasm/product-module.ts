/**
 * The inner loops of our matrix product, as WebAssembly: tiles of a few rows by 8 columns whose sums stay in registers.
 * Every element is summed over k in order, in one accumulator, so its bits depend neither on where it lies in a tile
 * nor on who computes the tile.
 */
import {
  add,
  addF32x4,
  assembleModule,
  type Code,
  countDown,
  get,
  i32,
  loadF32,
  loadSplat,
  loadV128,
  mulF32x4,
  set,
  storeF32,
  storeV128,
  type WasmFunction,
  zeroes,
} from './assemble.js';
import type { WasmMemory } from './heap.js';

/** Columns of a tile: two vectors. */
export const TILE_COLUMNS = 8;
/** Rows of a tile. Ten sums, two columns, one row's value and a product fill the 15 registers that V8 gives out. */
export const TILE_ROWS = 5;

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

const FLOAT_BYTES = 4;
const VECTOR_BYTES = 16;
const VECTORS = TILE_COLUMNS / 4;
const TILE_ROW_BYTES = TILE_COLUMNS * FLOAT_BYTES;

/**
 * c = a·b for `tiles` tiles, one below the other. Addresses and strides are in bytes; a may be stored either way round.
 * A tile's columns of b lie packed: 8 floats for each k.
 */
type Tiles = (
  a: number,
  aRowStride: number,
  aColumnStride: number,
  packed: number,
  k: number,
  c: number,
  cRowStride: number,
  tiles: number,
) => void;

export interface ProductModule {
  /** By the rows of a tile, less one. */
  readonly multiply: readonly Tiles[];
  /** Packs 8 columns of b, stored [k, …]. */
  packColumns(b: number, rowStride: number, k: number, packed: number): void;
  /** Packs 8 columns of b, stored as rows [8, k]. */
  packRows(b: number, rowStride: number, k: number, packed: number): void;
}

export function instantiateProducts(memory: WasmMemory): ProductModule {
  const functions = each(TILE_ROWS, (index) => [tilesOf(index + 1)]);
  const bytes = assembleModule([...functions, packColumns, packRows]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const named = exports as Record<string, Tiles> & Omit<ProductModule, 'multiply'>;
  return { ...named, multiply: functions.map(({ name }) => named[name]!) };
}

/** Locals of a tile function by number: the parameters of Tiles, then its own. */
const [A, A_ROW, A_COLUMN, PACKED, K, C, C_ROW, TILES] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const [LEFT, RIGHT, ADDRESS, FIRST_POINTER] = [8, 9, 10, 11] as const;

function tilesOf(rows: number): WasmFunction {
  const pointer = (row: number) => FIRST_POINTER + row;
  const column = (vector: number) => pointer(rows) + vector;
  const value = column(VECTORS);
  const sum = (row: number, vector: number) => value + 1 + row * VECTORS + vector;

  const multiplyRow = (row: number): Code => [
    ...set(value, loadSplat(get(pointer(row)))),
    ...set(pointer(row), add(get(pointer(row)), get(A_COLUMN))),
    ...each(VECTORS, (vector) =>
      set(sum(row, vector), addF32x4(get(sum(row, vector)), mulF32x4(get(value), get(column(vector))))),
    ),
  ];
  const storeRow = (row: number): Code => [
    ...each(VECTORS, (vector) => storeV128(get(ADDRESS), get(sum(row, vector)), vector * VECTOR_BYTES)),
    ...set(ADDRESS, add(get(ADDRESS), get(C_ROW))),
  ];
  const tile: Code = [
    ...each(rows, (row) => set(pointer(row), row === 0 ? get(A) : add(get(pointer(row - 1)), get(A_ROW)))),
    ...each(rows, (row) => each(VECTORS, (vector) => set(sum(row, vector), zeroes))),
    ...set(RIGHT, get(PACKED)),
    ...set(LEFT, get(K)),
    ...countDown(LEFT, [
      ...each(VECTORS, (vector) => set(column(vector), loadV128(get(RIGHT), vector * VECTOR_BYTES))),
      ...each(rows, multiplyRow),
      ...set(RIGHT, add(get(RIGHT), i32(TILE_ROW_BYTES))),
    ]),
    ...set(ADDRESS, get(C)),
    ...each(rows, storeRow),
    ...set(C, get(ADDRESS)),
    ...each(rows, () => set(A, add(get(A), get(A_ROW)))),
  ];
  return {
    name: `tilesOf${rows}`,
    parameters: new Array<'i32'>(TILES + 1).fill('i32'),
    locals: [
      ...new Array<'i32'>(FIRST_POINTER - LEFT + rows).fill('i32'),
      ...new Array<'v128'>(VECTORS + 1 + rows * VECTORS).fill('v128'),
    ],
    body: countDown(TILES, tile),
  };
}

function each<T>(count: number, code: (index: number) => readonly T[]): T[] {
  return Array.from({ length: count }, (_, index) => code(index)).flat();
}

/** Parameters b, rowStride, k, packed, as ProductModule has them. */
const packColumns: WasmFunction = {
  name: 'packColumns',
  parameters: ['i32', 'i32', 'i32', 'i32'],
  locals: [],
  body: countDown(2, [
    ...Array.from({ length: VECTORS }, (_, vector) => vector * VECTOR_BYTES).flatMap((offset) =>
      storeV128(get(3), loadV128(get(0), offset), offset),
    ),
    ...set(0, add(get(0), get(1))),
    ...set(3, add(get(3), i32(TILE_ROW_BYTES))),
  ]),
};

const packRows: WasmFunction = {
  name: 'packRows',
  parameters: ['i32', 'i32', 'i32', 'i32'],
  locals: new Array<'i32'>(TILE_COLUMNS).fill('i32'),
  body: [
    ...each(TILE_COLUMNS, (column) => set(4 + column, column === 0 ? get(0) : add(get(3 + column), get(1)))),
    ...countDown(2, [
      ...each(TILE_COLUMNS, (column) => [
        ...storeF32(get(3), loadF32(get(4 + column)), column * FLOAT_BYTES),
        ...set(4 + column, add(get(4 + column), i32(FLOAT_BYTES))),
      ]),
      ...set(3, add(get(3), i32(TILE_ROW_BYTES))),
    ]),
  ],
};
