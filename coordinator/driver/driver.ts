/** Runs the state machine against the real world: what it wants done is done, and what comes of it is answered. */
import { withResolvers } from '../../core/async-queue.js';
import { NO_REFERENCE_POINT } from '../../core/kto.js';
import type { State } from '../machine/types.js';
import type { LoadedSnapshot } from '../snapshots/load-newest.js';
import { createAgreed } from './agreed.js';
import { type Commander, createCommander } from './commanding.js';
import { createCommitter } from './committing.js';
import type { DriverContext } from './context.js';
import { createLoop, type Loop } from './loop.js';
import { perform } from './perform.js';
import { createPlanner } from './planning.js';
import { createPublisher } from './publishing.js';
import type { StepAtWork } from './step-at-work.js';
import type { DriverParts, RunEnd, Work } from './work.js';

export interface Driver {
  readonly loop: Loop;
  readonly command: Commander['give'];
  stepAtWork(): StepAtWork | undefined;
  restored(): LoadedSnapshot | undefined;
  readonly ended: Promise<RunEnd>;
  /** When the metrics so far are written. */
  reported(): Promise<void>;
  /** When neither a snapshot nor a version of the adapter is being written. */
  snapshotEnded(): Promise<void>;
}

export function createDriver(context: DriverContext, parts: DriverParts, initial: State): Driver {
  const commander = createCommander(context);
  const committer = createCommitter(context, parts);
  const agreed = createAgreed(() => context.loop().state());
  const publisher = createPublisher(context, agreed);
  const planner = createPlanner(context, { ...parts, publisher, settled: committer.settled });
  const work: Work = {
    ...parts,
    context,
    agreed,
    commander,
    committer,
    planner,
    publisher,
    ended: withResolvers(),
    referencePoint: NO_REFERENCE_POINT,
    lastSent: undefined,
    reducing: undefined,
    snapshot: Promise.resolve(),
    restored: undefined,
    finishing: undefined,
    saved: undefined,
  };
  const loop = createLoop({
    initial,
    perform: (effect) => perform(effect, work),
    onError: context.fail,
    now: context.now,
  });
  return {
    loop,
    command: commander.give,
    stepAtWork: planner.stepAtWork,
    restored: () => work.restored,
    ended: work.ended.promise,
    reported: committer.settled,
    async snapshotEnded() {
      await work.snapshot;
      await publisher.settled();
    },
  };
}
