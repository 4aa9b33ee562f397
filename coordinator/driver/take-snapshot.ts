/** A snapshot: pulled from a worker that keeps a copy of its state, written while training goes on. */
import { join } from 'node:path';
import { ProspectError } from '../../core/errors.js';
import type { StateHeader } from '../../proto/gen/prospect/v1/state.js';
import { positionOf } from '../calendar.js';
import type { Effect } from '../machine/effects.js';
import { changesUpTo } from '../machine/learning-rates.js';
import type { State } from '../machine/types.js';
import { fencedFiles } from '../snapshots/fenced-files.js';
import { diskFiles } from '../snapshots/file-operations.js';
import type { SetAsideRow, SnapshotFacts } from '../snapshots/state.js';
import { SNAPSHOTS_FOLDER } from '../snapshots/survey.js';
import { type WrittenSnapshot, writeSnapshot } from '../snapshots/write-snapshot.js';
import type { DriverContext } from './context.js';
import type { Ledger } from './ledger.js';
import { pullState } from './pull-state.js';
import { WHY_SET_ASIDE } from './set-aside-rows.js';

export interface SnapshotParts {
  readonly ledger: Ledger;
  /** Step in which each row was set aside. */
  readonly setAside: ReadonlyMap<number, number>;
  /** The digest on which the workers agreed after a step; waits until they have. */
  readonly agreed: (step: number) => Promise<string>;
}

type SnapshotOrder = Extract<Effect, { kind: 'snapshot' }>;

/**
 * Asks one session after the other.
 * @throws WORKER_LOST when none could give it, STORAGE when it can't be written.
 */
export async function takeSnapshot(
  { step, sessions }: SnapshotOrder,
  context: DriverContext,
  parts: SnapshotParts,
): Promise<WrittenSnapshot> {
  let lost = new ProspectError('WORKER_LOST', 'no worker that has this step is left');
  for (const session of sessions) {
    try {
      return await takeFrom(session, step, context, parts);
    } catch (error) {
      if (!(error instanceof ProspectError) || error.code !== 'WORKER_LOST') throw error;
      lost = error;
    }
  }
  throw lost;
}

async function takeFrom(
  session: number,
  step: number,
  context: DriverContext,
  parts: SnapshotParts,
): Promise<WrittenSnapshot> {
  const { config, links, security, over, references, fence } = context;
  const link = links.get(session);
  if (!link) throw new ProspectError('WORKER_LOST', 'the worker is gone');
  const pulled = await pullState(link, { step, parametersOnly: false }, security, over);
  try {
    const { header } = pulled;
    const parameterDigest = await parts.agreed(header.step);
    const facts = factsOf({ ...header, parameterDigest }, context, parts);
    const folder = join(config.output, SNAPSHOTS_FOLDER);
    const { keep } = config.snapshots;
    const request = { folder, keep, facts, references, writtenAtMs: Date.now(), ...pulled };
    return await writeSnapshot(request, fencedFiles(diskFiles, fence));
  } finally {
    pulled.close();
  }
}

function factsOf(
  { step, updates, parameterDigest, firstMomentDigest, secondMomentDigest }: StateHeader,
  context: DriverContext,
  { ledger, setAside }: SnapshotParts,
): SnapshotFacts {
  const { runId, config, calendar, train, live } = context;
  const { engine, modelDigest, parameters } = context.first()!.loaded;
  const { incarnation, learningRates }: State = context.loop().state();
  const { epoch, stepInEpoch } = positionOf(step + 1, calendar);
  const rows = [...setAside].filter(([, setAsideIn]) => setAsideIn <= step);
  return {
    runId,
    incarnation,
    step,
    updates,
    ...ledger.at(step),
    epoch: step / calendar.stepsPerEpoch,
    dataCursor: { epoch, stepInEpoch },
    ...(live && { feedback: live.rows.position(step) }),
    setAside: rows.map(
      ([row, setAsideIn]): SetAsideRow => ({ row, ...train.origin(row), step: setAsideIn, reason: WHY_SET_ASIDE }),
    ),
    learningRates: changesUpTo(learningRates, step),
    config,
    datasetDigest: train.digest,
    modelDigest,
    engine,
    parameters,
    parameterDigest,
    firstMomentDigest,
    secondMomentDigest,
  };
}
