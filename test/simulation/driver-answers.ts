/** What the fake driver answers: data for the machine's questions, from the model and the disk. */
import type { Effect } from '../../coordinator/machine/effects.js';
import type { WorkerNews } from '../../coordinator/machine/events.js';
import { summarizeJournal } from '../../coordinator/machine/journal-summary.js';
import { changesUpTo } from '../../coordinator/machine/learning-rates.js';
import type { State } from '../../coordinator/machine/types.js';
import type { Disk, StoredSnapshot } from './disk.js';
import { badPairsOf, dataOf, learningRateOf, type Parameters, parameterDigest } from './model.js';
import { COORDINATOR, reach, type World } from './world.js';

/** The step's data as the machine sees it. */
export function planned(
  { model }: World,
  state: State,
  { step, attempt, generation, peakLearningRate }: Extract<Effect, { kind: 'plan' }>,
) {
  const { rows, mismatched, leaves } = dataOf(model, step, state.setAside);
  return {
    kind: 'planned',
    generation,
    step,
    attempt,
    mismatchedCosts: mismatched.map((part) => part.length),
    leafCosts: leaves.map((part) => part.length),
    exampleCount: rows.length,
    learningRate: learningRateOf(step, peakLearningRate),
  } as const;
}

/** The scores show which rows are not finite. */
export function withBadRows({ model }: World, state: State, news: WorkerNews): WorkerNews {
  if (news.kind !== 'mismatchedReport' && news.kind !== 'leafReport') return news;
  const data = dataOf(model, news.step, state.setAside);
  const [rows, bad] =
    news.kind === 'leafReport'
      ? [data.leaves[news.leaf], model.badRows]
      : [data.mismatched[news.microbatch], badPairsOf(model, data.rows)];
  return { ...news, notFinite: (rows ?? []).filter((row) => bad.includes(row)) };
}

/** Where the run goes on from: the newest whole snapshot, with what the journal says of the steps after it. */
export function restored(disk: Disk, snapshot: StoredSnapshot | undefined) {
  const step = snapshot?.parameters.step ?? 0;
  const { record, redo } = summarizeJournal([...disk.read(), { kind: 'restored', step, setAside: [] }]);
  const digest = snapshot ? parameterDigest(snapshot.parameters) : '';
  const setAside = snapshot?.setAside ?? [];
  const learningRates = record ? undefined : snapshot?.learningRates;
  return { kind: 'restored', step, parameterDigest: digest, record, redo, setAside, learningRates } as const;
}

/** From the first of the workers that is reached. */
export function pullState(world: World, workerIds: readonly string[]) {
  for (const workerId of workerIds) {
    const parameters = reach(world, COORDINATOR, workerId)?.context().memory.parameters;
    if (parameters) return { parameters, digest: parameterDigest(parameters) };
  }
  return undefined;
}

export function snapshotOf(parameters: Parameters, { setAside, learningRates }: State): StoredSnapshot {
  return { parameters, setAside, learningRates: changesUpTo(learningRates, parameters.step) };
}
