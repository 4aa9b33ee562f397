/** A run that goes on, as the page shows it: told what the event log is told, and read off the state machine. */
import { basename, join } from 'node:path';
import { EVENT_VERSION } from '../../core/events/envelope.js';
import type { RunEvent } from '../../core/events/run-event.js';
import { stateOf } from '../control/status.js';
import type { NewEvent } from '../events/event-line.js';
import { EVENTS_FILE, type EventLog } from '../events/event-log.js';
import { stepEvent } from '../events/metrics-events.js';
import type { Member, State } from '../machine/types.js';
import type { StepMetrics } from '../metrics/step-metrics.js';
import type { ResolvedRun } from '../resolve-run.js';
import { type Columns, createColumns } from './columns.js';
import { clusterAlarms, trainingAlarms } from './shown-alarms.js';
import { createTimeline, readTimeline } from './timeline.js';
import { paceOf, type ShownStatus, type ShownWorker, type WatchedRun } from './watched-run.js';

export interface LiveRun {
  /** The same log: what is told to it is heard here too. */
  listenTo(events: EventLog): EventLog;
  /** A step that an earlier coordinator made. */
  recorded(metrics: StepMetrics): void;
  /** As it is shown; what earlier coordinators told is read first. */
  open(facts: LiveFacts): Promise<WatchedRun>;
}

export interface LiveFacts {
  readonly runId: string;
  readonly config: ResolvedRun;
  readonly totalSteps: number | null;
  state(): State;
  /** What the next step waits for, where rows come live. */
  rowsAwaited(): string | undefined;
}

/** @param timeMs Unix time. */
export function createLiveRun(timeMs: () => number): LiveRun {
  const columns = createColumns();
  const timeline = createTimeline();
  const hear = (event: NewEvent, sequence: number, run: string): void => {
    if (event.kind === 'step') {
      columns.add(event.step, event.metrics);
      return;
    }
    if (event.kind === 'runWentBack' && event.stepsAreOthers) columns.cutBack(event.step);
    const time = new Date(timeMs()).toISOString();
    timeline.add({ ...event, version: EVENT_VERSION, sequence, run, time } as RunEvent);
  };
  return {
    listenTo: (events) => ({
      ...events,
      tell(event) {
        events.tell(event);
        hear(event, events.sequence(), events.run);
      },
    }),
    recorded: (metrics) => columns.add(metrics.step, stepEvent(metrics).metrics),
    async open(facts) {
      const { runId, config, totalSteps } = facts;
      timeline.precede(await readTimeline(join(config.output, EVENTS_FILE), runId));
      const status = () => liveStatus(facts, columns);
      return {
        id: runId,
        name: basename(config.output),
        folder: config.output,
        config,
        totalSteps,
        columns,
        timeline,
        status,
      };
    },
  };
}

function liveStatus({ state, rowsAwaited }: LiveFacts, columns: Columns): ShownStatus {
  const now = state();
  const { committed, work, settings, members, snapshots } = now;
  const { min, max } = settings.workers;
  return {
    state: stateOf(now),
    step: committed.step,
    stage: work?.stage,
    secondsPerStep: paceOf(columns),
    limits: { min, max },
    workers: members.map((member) => shownWorker(member, now)),
    snapshotStep: snapshots.step,
    alarms: [...clusterAlarms(now, rowsAwaited()), ...trainingAlarms(columns)],
  };
}

function shownWorker({ workerId, session, status, isLeaving, progress }: Member, { work, speeds }: State): ShownWorker {
  const perMs = speeds[workerId];
  return {
    id: workerId,
    state: isLeaving ? 'leaving' : status,
    share: work && shareOf(session, work.leaves),
    phase: progress.split(' ')[0]!,
    tokensPerSecond: perMs === undefined ? undefined : Math.round(perMs * 1000),
  };
}

function shareOf(session: number, leaves: NonNullable<State['work']>['leaves']): number | undefined {
  const all = leaves.reduce((sum, { cost }) => sum + cost, 0);
  const own = leaves.reduce((sum, { cost, owner }) => (owner === session ? sum + cost : sum), 0);
  return all === 0 ? undefined : Math.round((own / all) * 1000) / 1000;
}
