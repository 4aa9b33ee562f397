/** PyTorch's gloo between processes, when the Python at hand has torch. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Contender } from '../all-reduce.js';

const PYTHON = process.env.PROSPECT_PYTHON ?? 'python3';
/** Beside the sources; this file runs from dist/. */
const SCRIPT = fileURLToPath(new URL('../../../bench/peers/gloo.py', import.meta.url));

export async function startGloo(worldSize: number): Promise<Contender | undefined> {
  if (spawnSync(PYTHON, ['-c', 'import torch.distributed']).status !== 0) return undefined;
  const port = await freePort();
  const ranks = Array.from({ length: worldSize }, (_, rank) =>
    spawn(PYTHON, [SCRIPT, String(rank), String(worldSize), String(port)], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  const lines = ranks.map((rank) => linesOf(rank));
  await Promise.all(lines.map((next) => next()));
  return {
    async run(bytes) {
      for (const rank of ranks) rank.stdin!.write(`${bytes}\n`);
      return Math.max(...(await Promise.all(lines.map((next) => next()))).map(Number));
    },
    close() {
      for (const rank of ranks) rank.kill();
    },
  };
}

function linesOf(child: ChildProcess): () => Promise<string> {
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('gloo ended early');
    return value;
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
