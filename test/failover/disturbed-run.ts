/** A whole run that is failed over again and again, and what must come of it whatever was struck when. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readJournal } from '../../coordinator/journal/read-journal.js';
import { epochsIn, JOURNAL_FOLDER, segmentPath } from '../../coordinator/journal/segments.js';
import { type Outcome, outcomeOf } from '../chaos/outcome.js';
import type { RunFolder } from '../support/run-folder.js';
import { type FailOver, failOver, type Strike } from './fail-over.js';
import { createPair, LEADING, NAMES, type Name, type Pair } from './pair.js';

export interface DisturbedRun {
  readonly outcome: Outcome;
  readonly failOvers: readonly FailOver[];
  /** How often each step was committed, of steps that were not committed once. */
  readonly wrongCommits: ReadonlyMap<number, number>;
  /** Records that a replaced leader wrote and that do not count. */
  readonly voidRecords: number;
}

export interface DisturbedRunOptions {
  readonly run: RunFolder;
  readonly name: string;
  readonly steps: number;
  readonly settings: readonly string[];
  /** One after the other, until the run ends. */
  readonly strikes: readonly Strike[];
  readonly random: () => number;
}

/** @throws when a coordinator or worker ends otherwise than it should. */
export async function disturbedRun(options: DisturbedRunOptions): Promise<DisturbedRun> {
  const { run, name, steps, settings } = options;
  const output = join(run.folder, name);
  const all = [`training.maxSteps=${steps}`, 'training.epochs=1000', 'data.heldOut=0', 'workers=2', ...settings];
  const pair = await createPair({ run, output, settings: all });
  try {
    for (const coordinator of NAMES) pair.startCoordinator(coordinator);
    for (const worker of ['a', 'b']) pair.startWorker(worker);
    const failOvers = await strikeAll(pair, options);
    for (const coordinator of NAMES) await expectEnd(pair.coordinator(coordinator));
    for (const worker of pair.workers()) await expectEnd(worker);
    return { outcome: await outcomeOf(output), failOvers, ...(await journalOf(output, steps)) };
  } finally {
    await pair.close();
  }
}

async function strikeAll(pair: Pair, { strikes, random }: DisturbedRunOptions): Promise<FailOver[]> {
  const failOvers: FailOver[] = [];
  let leader: Name = await Promise.race(
    NAMES.map(async (name) => {
      await pair.coordinator(name).written(LEADING);
      return name;
    }),
  );
  for (const strike of strikes) {
    const done = await failOver(pair, leader, strike, random);
    failOvers.push(done);
    ({ leader } = done);
  }
  return failOvers;
}

async function expectEnd(started: ReturnType<Pair['coordinator']>): Promise<void> {
  const end = await started.ended();
  if (end !== 0) throw new Error(`a process ended with ${end}: ${started.stderr().slice(-2000)}`);
}

async function journalOf(output: string, steps: number) {
  const folder = join(output, JOURNAL_FOLDER);
  const { records, lines } = await readJournal(folder);
  const commits = new Map(Array.from({ length: steps }, (_, i) => [i + 1, 0]));
  for (const record of records) {
    if (record.kind === 'commit') commits.set(record.step, (commits.get(record.step) ?? 0) + 1);
  }
  let written = 0;
  for (const epoch of await epochsIn(folder)) {
    written += (await readFile(segmentPath(folder, epoch), 'utf8')).split('\n').length - 1;
  }
  const wrongCommits = new Map([...commits].filter(([, times]) => times !== 1));
  return { wrongCommits, voidRecords: written - lines };
}
