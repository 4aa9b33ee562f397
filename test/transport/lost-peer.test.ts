/** Peers that die or stop in the middle of a pull, as processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { connectPeers, type Peer, type PeerClients } from '../../worker/allreduce/peer-clients.js';
import { anyMemory } from '../support/any-memory.js';

const PEER = new URL('../../dist/test/transport/peer-process.js', import.meta.url).pathname;
const STEP = { generation: 1, step: 1 };
/** 512 MiB: never through before the fault. */
const LENGTH = 128 * 1024 * 1024;

let child: ChildProcess | undefined;
let clients: PeerClients | undefined;

afterEach(() => {
  clients?.close();
  child?.kill('SIGKILL');
});

async function startMember() {
  const args = [PEER, String(LENGTH), String(STEP.generation), String(STEP.step)];
  child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout!, 'data');
  return { rank: 1, workerId: 'worker-1', peerAddress: String(line).trim(), session: 1 };
}

async function startPeer(): Promise<Peer> {
  const member = await startMember();
  clients = connectPeers([member], {}, new AbortController().signal);
  return clients.peers[0]!;
}

/** Pulls, sends the signal after some frames, and says how long the error took. */
async function msUntilError(peer: Peer, signal: 'SIGKILL' | 'SIGSTOP'): Promise<number> {
  let frames = 0;
  let faultMs = 0;
  const pull = async () => {
    const slice = { offset: 0, length: LENGTH };
    for await (const _ of peer.pullSums(STEP, slice, anyMemory, new AbortController().signal)) {
      frames += 1;
      if (frames !== 4) continue;
      child!.kill(signal);
      faultMs = performance.now();
    }
  };
  await expect(pull()).rejects.toMatchObject({ code: 'WORKER_LOST', peer: { workerId: 'worker-1' } });
  return performance.now() - faultMs;
}

test('a peer that is killed is noticed within 100 ms', async () => {
  expect(await msUntilError(await startPeer(), 'SIGKILL')).toBeLessThan(100);
});

test('a peer that stops is noticed within 3 s', async () => {
  const ms = await msUntilError(await startPeer(), 'SIGSTOP');
  expect(ms).toBeGreaterThan(1000);
  expect(ms).toBeLessThan(3000);
});

test('closing the connections ends a pull at once', async () => {
  const peer = await startPeer();
  let frames = 0;
  const pull = async () => {
    const slice = { offset: 0, length: LENGTH };
    for await (const _ of peer.pullSums(STEP, slice, anyMemory, new AbortController().signal)) {
      frames += 1;
      if (frames === 4) clients!.close();
    }
  };
  await expect(pull()).rejects.toMatchObject({ message: 'the members changed during a pull' });
  expect(frames).toBeLessThan(10);
});

test('closing the connections before they are open ends a pull at once, and nothing comes after', async () => {
  const { peers, close } = connectPeers([await startMember()], {}, new AbortController().signal);
  const pull = async () => {
    for await (const _ of peers[0]!.pullSums(
      STEP,
      { offset: 0, length: LENGTH },
      anyMemory,
      new AbortController().signal,
    ));
  };
  const pulled = pull();
  close();
  await expect(pulled).rejects.toMatchObject({ message: 'the members changed during a pull' });
  // An error in a handler of the connection would come by now, and fail the run.
  await new Promise((resolve) => setImmediate(resolve));
});
