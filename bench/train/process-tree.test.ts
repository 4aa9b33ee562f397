import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { watchMemory } from './process-tree.js';

const MIB = 2 ** 20;

/** Holds so much memory long enough to be looked at, in a process that another one started. */
function holder(bytes: number) {
  const hold = `const held = Buffer.alloc(${bytes}, 1); setTimeout(() => held.length, 1500)`;
  const start = `require('child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(hold)}])`;
  return spawn(process.execPath, ['-e', start]);
}

describe.skipIf(!existsSync('/proc/self/status'))('watchMemory (needs /proc)', () => {
  it('sees what the children of a process hold', async () => {
    const child = holder(300 * MIB);
    const memory = watchMemory(child.pid!);
    await once(child, 'exit');
    expect(memory.stop()).toBeGreaterThan(300 * MIB);
  });
});
