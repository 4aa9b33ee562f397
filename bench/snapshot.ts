/**
 * What snapshots and the journal cost a coordinator: snapshots of 64 and 512 MiB are written and read while a timer
 * looks for how long the main thread is held up, which must stay under 20 ms for the sessions' sake; then records are
 * appended to a journal. `node dist/bench/snapshot.js [FOLDER]`: a folder on the disk that is to be measured.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimJournal } from '../coordinator/journal/claim-journal.js';
import { createReferenceTable } from '../coordinator/reference-cache/table.js';
import { loadNewest } from '../coordinator/snapshots/load-newest.js';
import { type SnapshotRequest, writeSnapshot } from '../coordinator/snapshots/write-snapshot.js';
import { RunConfigSchema } from '../core/config/schema.js';
import { CHUNK_ELEMENTS, chunksOf } from '../core/tensor-chunks.js';

const SIZES_MIB = [64, 512];
const COMMITS = 200;
const TIMER_MS = 1;
const BYTES_PER_MIB = 2 ** 20;
const ARRAYS = 3;
const log = { warn: (_: object, line: string) => console.log(line) };

const folder = await mkdtemp(join(process.argv[2] ?? tmpdir(), 'prospect-bench-'));
try {
  for (const mib of SIZES_MIB) await benchSnapshot(mib);
  await benchJournal();
} finally {
  await rm(folder, { recursive: true });
}

async function benchSnapshot(mib: number): Promise<void> {
  const output = join(folder, String(mib));
  await mkdir(output);
  const request = requestOf(Math.floor((mib * BYTES_PER_MIB) / (ARRAYS * 4)), join(output, 'snapshots'));
  await timed(`snapshot of ${mib} MiB written`, mib, () => writeSnapshot(request));
  await timed(`snapshot of ${mib} MiB verified`, mib, () => loadNewest(request.folder, { log }));
}

function requestOf(elements: number, snapshots: string): SnapshotRequest {
  const chunk = Float32Array.from({ length: CHUNK_ELEMENTS }, (_, i) => Math.sin(i));
  async function* pieces(): AsyncGenerator<Float32Array> {
    for (const { length } of chunksOf({ offset: 0, length: elements })) yield chunk.subarray(0, length);
  }
  const hash = createHash('sha256');
  for (const { length } of chunksOf({ offset: 0, length: elements })) hash.update(chunk.subarray(0, length));
  const digest = hash.digest('hex');
  const config = RunConfigSchema.parse({ model: 'model', output: 'out', data: { train: 'rows.jsonl' } });
  const rows = 1_000_000;
  return {
    folder: snapshots,
    keep: 1,
    facts: {
      runId: 'bench',
      incarnation: 1,
      step: 1,
      updates: 1,
      epoch: 0,
      dataCursor: { epoch: 0, stepInEpoch: 1 },
      referencePoint: { z0: 0, raw: 0, standardError: 0, clamped: false },
      setAside: [],
      learningRates: [],
      tokens: 0,
      config,
      datasetDigest: '',
      modelDigest: '',
      engine: { engine: '', version: '', threads: 1, settings: '', processor: '' },
      parameters: [{ name: 'weight', shape: [elements], decayed: true }],
      parameterDigest: digest,
      firstMomentDigest: digest,
      secondMomentDigest: digest,
    },
    parameters: pieces(),
    firstMoments: pieces(),
    secondMoments: pieces(),
    references: { train: createReferenceTable(rows, 0), heldOut: createReferenceTable(0, 0) },
    writtenAtMs: Date.now(),
  };
}

async function benchJournal(): Promise<void> {
  const claim = await claimJournal(join(folder, 'journal'));
  const fence = { mayWrite: async () => undefined, mayAct: async () => void (await claim.isNewest()) };
  const journal = await claim.open({ goesOn: false, holder: 'bench', fence, log });
  const numbers = { attempt: 0, z0: 1 / 3, norm: 2 / 3, learningRate: 1e-4, skipped: false };
  const gradientDigest = 'f'.repeat(64);
  const tookMs: number[] = [];
  for (let step = 1; step <= COMMITS; step++) {
    const start = performance.now();
    await journal.append({ kind: 'commit', step, gradientDigest, ...numbers });
    tookMs.push(performance.now() - start);
  }
  await journal.close();
  tookMs.sort((a, b) => a - b);
  const at = (share: number) => tookMs[Math.floor(share * (COMMITS - 1))]!.toFixed(2);
  console.log(`commit appended and synced: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`);
}

async function timed(what: string, mib: number, work: () => Promise<unknown>): Promise<void> {
  const lag = watchLag();
  const [start, processor] = [performance.now(), process.cpuUsage()];
  await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(processor);
  const cpuSeconds = ((user + system) / 1e6).toFixed(2);
  const rate = Math.round(mib / seconds);
  console.log(`${what}: ${seconds.toFixed(2)} s, ${rate} MiB/s, ${cpuSeconds} s of processor, ${lag()}`);
}

/**
 * How late a timer fires: what the event loop did in between held up everything else as long. On a busy machine a part
 * of that is time without a processor, which is no fault of the work.
 */
function watchLag(): () => string {
  let [longestMs, longestOwnMs] = [0, 0];
  let [last, lastWaitedMs] = [performance.now(), waitedMs()];
  const timer = setInterval(() => {
    const [now, waited] = [performance.now(), waitedMs()];
    const lagMs = now - last - TIMER_MS;
    longestMs = Math.max(longestMs, lagMs);
    longestOwnMs = Math.max(longestOwnMs, lagMs - (waited - lastWaitedMs));
    [last, lastWaitedMs] = [now, waited];
  }, TIMER_MS);
  return () => {
    clearInterval(timer);
    return `main thread held up at most ${longestOwnMs.toFixed(1)} ms (${longestMs.toFixed(1)} ms with waiting for a processor)`;
  };
}

/** Milliseconds that the main thread was ready to run and had no processor, as Linux counts them; 0 elsewhere. */
function waitedMs(): number {
  try {
    const [, waitedNs] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
    return Number(waitedNs) / 1e6;
  } catch {
    return 0;
  }
}
