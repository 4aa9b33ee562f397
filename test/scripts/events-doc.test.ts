/** What a consumer of the events is given: a document that is current, and a package entry with types. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventsDocument } from '../../scripts/events-doc.js';
import { PROJECT_ROOT } from '../support/project-root.js';

test('docs/events.md is what the schemas give', () => {
  expect(readFileSync(join(PROJECT_ROOT, 'docs', 'events.md'), 'utf8')).toBe(eventsDocument());
});

test('another project gets schemas and types from prospect/events and prospect/control', () => {
  useAsConsumer(`
    import { type ControlRequest, ControlRequestSchema } from 'prospect/control';
    import { parseRunEvent, type RunEvent } from 'prospect/events';
    export const loss = (event: RunEvent): number | null | undefined =>
      event.kind === 'step' ? event.metrics?.loss : undefined;
    // @ts-expect-error a worker that joined has no loss
    export const wrong = (event: Extract<RunEvent, { kind: 'workerJoined' }>) => event.metrics;
    // @ts-expect-error a learning rate is wanted
    export const half: ControlRequest = { version: 1, token: 't', command: 'learningRate' };
    const stop = ControlRequestSchema.parse({ version: 1, token: 't', command: 'stop' });
    if (stop.command !== 'stop' || !stop.snapshot) throw new Error('not parsed');
    const text = '{"version":1,"sequence":1,"kind":"runResumed","run":"r","time":"2026-01-01T00:00:00.000Z","workers":2}';
    if (parseRunEvent(text).kind !== 'runResumed') throw new Error('not parsed');`);
});

test('another project gets publishFeedback and its types from prospect/feedback', () => {
  useAsConsumer(
    `
    import { type Feedback, publishFeedback } from 'prospect/feedback';
    export const row: Feedback = { prompt: 'a', completion: 'b', label: true };
    export const chat: Feedback = { prompt: [{ role: 'user', content: 'a' }], chosen: 'b', rejected: 'c' };
    // @ts-expect-error thumbs are true or false
    export const wrong: Feedback = { prompt: 'a', completion: 'b', label: 'up' };
    if (publishFeedback.length < 3) throw new Error('no function');`,
    // As the types of the NATS client need it.
    ['--lib', 'esnext,dom'],
  );
});

/** Compiles and runs a project that has this one among its packages. */
function useAsConsumer(source: string, more: readonly string[] = []): void {
  const folder = mkdtempSync(join(tmpdir(), 'prospect-consumer-'));
  try {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(PROJECT_ROOT, join(folder, 'node_modules', 'prospect'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'consumer.ts'), source);
    const tsc = join(PROJECT_ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const flags = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--types', '', ...more];
    const built = spawnSync(process.execPath, [tsc, ...flags, 'consumer.ts'], { cwd: folder, encoding: 'utf8' });
    expect(built.stdout).toBe('');
    const ran = spawnSync(process.execPath, ['consumer.js'], { cwd: folder, encoding: 'utf8' });
    expect(ran.stderr).toBe('');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
