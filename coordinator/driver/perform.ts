/** Each effect of the machine, begun: what takes time goes on by itself and is answered with an event. */
import { basename } from 'node:path';
import { ProspectError, toProspectError } from '../../core/errors.js';
import type { Effect } from '../machine/effects.js';
import { activeMembers } from '../machine/turn.js';
import { finish } from './finish.js';
import { toWire } from './messages.js';
import { tellNews } from './news.js';
import { restore } from './restore.js';
import { tellSetAside } from './set-aside-rows.js';
import { takeSnapshot } from './take-snapshot.js';
import type { Work } from './work.js';

type Of<Kind> = Extract<Effect, { kind: Kind }>;
type Performers = { readonly [Kind in Effect['kind']]: (effect: Of<Kind>, work: Work) => void };

const PERFORMERS: Performers = {
  send,
  disconnect(effect, { context }) {
    tellNews(effect, context);
    context.links.close(effect.session, new ProspectError('WORKER_LOST', effect.reason));
  },
  membersChanged(effect, { context, scorer, finishing }) {
    const sessions = effect.members.map(({ session }) => session);
    scorer.membersChanged(effect.generation, sessions);
    // Nobody is let in while the result is saved: the machine has to begin that anew.
    if (sessions.length === 0) finishing?.abort();
    tellNews(effect, context);
  },
  plan: (effect, { planner }) => planner.plan(effect),
  accepted: ({ session, what, number }, { planner }) => planner.stepAtWork()!.accept(session, what, number),
  referencePoint,
  journal,
  commit({ record }, { committer, planner, referencePoint, context }) {
    const workers = activeMembers(context.loop().state()).length;
    committer.commit(record, planner.stepAtWork()!, referencePoint, workers);
  },
  snapshot,
  restore(_, work) {
    work.planner.callOff();
    goBack(work).catch(work.context.fail);
  },
  setAside({ step, rows }, { setAside, context }) {
    for (const row of rows) setAside.set(row, step);
    tellSetAside(step, rows, context);
  },
  finished: (effect, work) => void finish(effect, work).catch(work.context.fail),
  ended({ outcome }, { planner, finishing, ended, saved }) {
    planner.callOff();
    finishing?.abort();
    ended.resolve(outcome.kind === 'finished' ? saved! : outcome);
  },
  evaluate: (effect, { planner }) => planner.evaluate(effect),
  answered: (effect, { commander }) => commander.answered(effect),
  held(effect, { planner, context }) {
    // A step that waited for its rows is planned anew when the run goes on.
    planner.callOff();
    tellNews(effect, context);
  },
  released(effect, { stopwatch, context }) {
    stopwatch.leaveOut();
    tellNews(effect, context);
  },
  resumed(effect, { stopwatch, context }) {
    // The time without workers belongs to no step.
    stopwatch.leaveOut();
    tellNews(effect, context);
  },
  paused: (effect, { context }) => tellNews(effect, context),
  expelled: (effect, { context }) => tellNews(effect, context),
  alarm: (effect, { context }) => tellNews(effect, context),
  stale: (effect, { context }) => tellNews(effect, context),
};

export function perform(effect: Effect, work: Work): void {
  (PERFORMERS[effect.kind] as (effect: Effect, work: Work) => void)(effect, work);
}

function send({ session, message }: Of<'send'>, work: Work): void {
  const { context, planner, committer, stopwatch } = work;
  const step = planner.stepAtWork();
  if (message.kind === 'reduce' && step && work.reducing !== step) {
    work.reducing = step;
    stopwatch.lap('gradients');
    committer.reducing(step);
    planner.planAhead(step.step);
  }
  if (work.lastSent?.message !== message) {
    work.lastSent = { message, onWire: toWire(message, { ...context, stepAtWork: planner.stepAtWork }) };
  }
  context.links.send(session, work.lastSent.onWire);
}

function referencePoint({ generation }: Of<'referencePoint'>, work: Work): void {
  const { planner, stopwatch, context } = work;
  work.referencePoint = planner.stepAtWork()!.referencePoint();
  stopwatch.lap('reference_point');
  context.loop().post({ kind: 'referencePointReady', generation, z0: work.referencePoint.z0 });
}

function journal({ record }: Of<'journal'>, work: Work): void {
  // A start is the run's own record, and a commit comes as an effect of its own.
  if (record.kind === 'start' || record.kind === 'commit') return;
  if (record.kind === 'applied') {
    // The next step's plan is out already: what came before this belongs to the update all the same.
    work.stopwatch.lap('update');
    work.agreed.note(record.step, record.parameterDigest);
  }
  const written = work.journal.append(record.kind === 'setAside' ? { ...record, rows: [...record.rows] } : record);
  written.catch(work.context.fail);
  if (record.kind === 'command') work.commander.recording(written);
}

function snapshot(order: Of<'snapshot'>, work: Work): void {
  const { context, ledger, setAside, agreed } = work;
  const begunMs = context.now();
  work.snapshot = takeSnapshot(order, context, { ledger, setAside, agreed: agreed.of }).then(
    ({ step, bytes, folder }) => {
      const seconds = (context.now() - begunMs) / 1000;
      context.log.info({ step, bytes, folder }, 'snapshot written');
      context.events.tell({ kind: 'snapshotWritten', step, name: basename(folder), bytes, seconds });
      context.loop().post({ kind: 'snapshotWritten', step });
    },
    (error: unknown) => {
      const reason = toProspectError(error).message;
      context.events.tell({ kind: 'snapshotFailed', step: order.step, during: 'writing', reason });
      context.loop().post({ kind: 'snapshotFailed', reason });
    },
  );
}

async function goBack(work: Work): Promise<void> {
  const { context, committer, ledger, isOtherRun, setAside } = work;
  await committer.settled();
  const { snapshot: loaded, event } = await restore(context, ledger, isOtherRun);
  work.restored = loaded;
  setAside.clear();
  for (const { row, step } of loaded?.state.setAside ?? []) setAside.set(row, step);
  await context.live?.rows.goBack(loaded?.state.step ?? 0, loaded?.state.feedback);
  context.loop().post(event);
}
