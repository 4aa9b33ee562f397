/** A coordinator is killed between a step's commit record and what is written of it: the next one makes that up. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProspectError } from '../../core/errors.js';
import { parseRunEvent } from '../../core/events/run-event.js';
import { protocolRun, type StartedProtocolRun } from '../support/protocol-run.js';
import { readMetrics } from '../support/read-metrics.js';

const KILLED_AT = 5;
const STEPS = 8;
const CONFIG = { training: { maxSteps: STEPS } };

let folder: string;
let output: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prospect-lost-report-'));
  output = join(folder, 'out');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Leaves the journal of five steps, and no word of the fifth in metrics.jsonl and events.jsonl. */
async function killedBeforeReport(): Promise<void> {
  const started: StartedProtocolRun = await protocolRun({
    config: CONFIG,
    wanted: 1,
    folder,
    onStep: (step) => (step === KILLED_AT ? started.stop(new ProspectError('INTERRUPTED', 'killed')) : undefined),
  });
  const life = started.join({ id: 'a' });
  await expect(started.run).rejects.toThrow('killed');
  await life;
  await cutFrom('metrics.jsonl', `"step":${KILLED_AT},`);
  await cutFrom('events.jsonl', `"kind":"step",`, KILLED_AT);
}

/** Cuts a file before its n-th line that holds `text`. */
async function cutFrom(name: string, text: string, count = 1): Promise<void> {
  const path = join(output, name);
  const lines = (await readFile(path, 'utf8')).split('\n');
  let seen = 0;
  const at = lines.findIndex((line) => line.includes(text) && ++seen === count);
  await writeFile(
    path,
    lines
      .slice(0, at)
      .map((line) => `${line}\n`)
      .join(''),
  );
}

async function resumed() {
  const { run, join: add } = await protocolRun({
    config: CONFIG,
    wanted: 1,
    folder,
    resume: { mode: 'resume', allow: [] },
  });
  const life = add({ id: 'a' });
  await run;
  await life;
  const text = await readFile(join(output, 'events.jsonl'), 'utf8');
  const steps = text
    .trimEnd()
    .split('\n')
    .map(parseRunEvent)
    .filter((event) => event.kind === 'step');
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
  return steps;
}

describe('the step that was committed last', () => {
  test('is in the metrics and the events all the same', async () => {
    await killedBeforeReport();
    const steps = await resumed();
    expect(steps.every(({ metrics }) => metrics !== null)).toBe(true);
    const written = (await readMetrics(output)).filter((line) => 'loss' in line).map(({ step }) => step);
    expect(written).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
  });

  test('is told without metrics when a power failure took those too', async () => {
    await killedBeforeReport();
    await rm(join(output, 'metrics.next.json'));
    const steps = await resumed();
    expect(steps.filter(({ metrics }) => metrics === null).map(({ step }) => step)).toEqual([KILLED_AT]);
  });
});
