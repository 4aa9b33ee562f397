/**
 * How fast gradients are summed between workers on this machine: Prospect's all-reduce beside a plain TCP copy and,
 * where Python has torch, PyTorch's gloo, in turn, medians. Then one stream over a link with 10 ms more delay.
 * `npm run build && npm run bench:all-reduce -- [ROUNDS] [MIB,MIB,…]`; PROSPECT_PYTHON names the Python.
 */

import { pullOverDelay } from './all-reduce/delay.js';
import { startGloo } from './all-reduce/gloo.js';
import { startProspect } from './all-reduce/prospect.js';
import { copyOverTcp } from './all-reduce/tcp.js';

const MIB = 1024 * 1024;
const WORLD_SIZES = [2, 4];
const ADDED_DELAY_MS = 10;
/** Of each size, not counted: memory is touched for the first time, code is compiled. A training run has thousands. */
const WARM_UP_RUNS = 5;

/** An all-reduce in several processes. */
export interface Contender {
  /** @returns the slowest rank's seconds for one all-reduce. */
  run(bytes: number): Promise<number>;
  close(): void;
}

const rounds = Number(process.argv[2] ?? 5);
const sizesMib = (process.argv[3] ?? '1,16,64,256').split(',').map(Number);
for (const worldSize of WORLD_SIZES) await compare(worldSize);

const rates: number[] = [];
for (let round = 0; round < rounds; round++) rates.push(await pullOverDelay(64 * MIB, ADDED_DELAY_MS));
console.log(`one stream of 64 MiB with ${ADDED_DELAY_MS} ms added each way: ${median(rates).toFixed(0)} MiB/s`);

async function compare(worldSize: number): Promise<void> {
  const prospect = await startProspect(worldSize);
  const gloo = await startGloo(worldSize);
  console.log(
    `\n${worldSize} workers, busbw in MiB/s, medians of ${rounds}${gloo ? '' : ' (no torch: gloo left out)'}`,
  );
  const rows = [];
  for (const sizeMib of sizesMib) {
    const bytes = sizeMib * MIB;
    for (let run = 0; run < WARM_UP_RUNS; run++) {
      await prospect.run(bytes);
      await gloo?.run(bytes);
    }
    const seconds = { prospect: [] as number[], gloo: [] as number[], tcp: [] as number[] };
    const lagsMs: number[] = [];
    const cpuMs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      seconds.prospect.push(await prospect.run(bytes));
      lagsMs.push(prospect.lagMs());
      cpuMs.push(prospect.cpuMs());
      if (gloo) seconds.gloo.push(await gloo.run(bytes));
      seconds.tcp.push(await copyOverTcp(bytes));
    }
    const busbw = (samples: number[]) => ((sizeMib / median(samples)) * 2 * (worldSize - 1)) / worldSize;
    const ratios = seconds.gloo.map((ofGloo, round) => ofGloo / seconds.prospect[round]!);
    rows.push({
      MiB: sizeMib,
      prospect: Math.round(busbw(seconds.prospect)),
      ...(gloo && { gloo: Math.round(busbw(seconds.gloo)), 'of gloo': median(ratios).toFixed(2) }),
      'TCP copy': Math.round(sizeMib / median(seconds.tcp)),
      'CPU ms per MiB': (median(cpuMs) / sizeMib).toFixed(2),
      'loop lag p99 ms': Number(median(lagsMs).toFixed(1)),
    });
  }
  console.table(rows);
  prospect.close();
  gloo?.close();
}

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[samples.length >> 1]!;
}
