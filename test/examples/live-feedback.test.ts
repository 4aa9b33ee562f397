/** The live example as a person runs it, only shorter. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { AdapterManifestSchema } from '../../core/adapters/manifest.js';
import { NATS_SERVER } from '../support/nats-server.js';
import { PROJECT_ROOT } from '../support/project-root.js';

const SETTINGS = ['engine=wasm', 'training.maxSteps=12', 'training.globalBatch=8', 'publish.everySteps=6'];
const LIMIT_MS = 240_000;

describe.skipIf(!NATS_SERVER)('npm run example:live', () => {
  test('ends by itself, and its last version has a better held-out margin than the first', {
    timeout: LIMIT_MS,
  }, async () => {
    const output = await mkdtemp(join(tmpdir(), 'prospect-example-'));
    try {
      const flags = [...SETTINGS, `output=${output}`].flatMap((setting) => ['--set', setting]);
      const args = [join('dist', 'examples', 'live-feedback', 'run.js'), ...flags];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: PROJECT_ROOT });
      const marginOf = async (version: number) => {
        const text = await readFile(join(output, 'published', String(version), 'manifest.json'), 'utf8');
        return AdapterManifestSchema.parse(JSON.parse(text)).evaluation!['rewards/margins']!;
      };
      expect(await marginOf(2)).toBeGreaterThan(await marginOf(1));
      expect(stdout).toContain('Version 2, after step 12: held-out margin');
      expect(stdout).toMatch(/version +step +held-out margin/);
    } finally {
      await rm(output, { recursive: true, force: true });
    }
  });
});
