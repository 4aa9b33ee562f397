/** A coordinator process around the real state machine: sessions, timers, journal and snapshots of the fake world. */
import type { Command } from '../../coordinator/machine/command.js';
import type { Effect, Message } from '../../coordinator/machine/effects.js';
import type { CommandEvent, DriverEvent, WorkerEvent } from '../../coordinator/machine/events.js';
import { initialState } from '../../coordinator/machine/initial-state.js';
import { summarizeJournal } from '../../coordinator/machine/journal-summary.js';
import { nextDeadlineMs } from '../../coordinator/machine/next-deadline.js';
import { transition } from '../../coordinator/machine/transition.js';
import { activeMembers, agreedDigest } from '../../coordinator/machine/turn.js';
import type { CommitRecord, Outcome, Settings, State } from '../../coordinator/machine/types.js';
import type { CommitChecks } from './commit-checks.js';
import type { Disk, StoredSnapshot } from './disk.js';
import { planned, pullState, restored, snapshotOf, withBadRows } from './driver-answers.js';
import { type Parameters, referencePointOf } from './model.js';
import type { End } from './network.js';
import { createPendingReports, type PendingReports } from './pending-reports.js';
import { createProcess, type Process } from './process.js';
import type { Reported, Sent } from './worker-state.js';
import type { World } from './world.js';

/** How workers find the coordinator. */
export interface Directory {
  accept(workerId: string): End<Reported, Sent>;
  servedSnapshot(): Parameters | undefined;
  activeWorkers(): number;
}

export interface Coordinator {
  state(): State;
  /** @param acknowledged called when it is on the disk, unless it is refused. */
  command(command: Command, acknowledged?: () => void): void;
  kill(): void;
}

export interface CoordinatorOptions {
  readonly world: World;
  readonly disk: Disk;
  readonly settings: Settings;
  readonly checks: CommitChecks;
  onEnded(outcome: Outcome, result: string | undefined): void;
}

interface Driver extends CoordinatorOptions {
  readonly process: Process;
  readonly sessions: Map<number, End<Sent, Reported>>;
  /** Open connections, also those that have not said who they are. */
  readonly ends: Set<End<Sent, Reported>>;
  readonly workerIds: Map<number, string>;
  /** Of the step at work, by microbatch. */
  readonly scores: Map<number, number>;
  readonly reports: PendingReports;
  /** By the command's id. */
  readonly acknowledged: Map<number, () => void>;
  state: State;
  served: StoredSnapshot | undefined;
  result: string | undefined;
  wakesAtMs: number | undefined;
}

export function startCoordinator(options: CoordinatorOptions): Coordinator {
  const { world, disk, settings, checks } = options;
  const records = disk.read();
  for (const { kind, ...record } of records) if (kind === 'commit') checks.committed(record as CommitRecord);
  const state = initialState(settings, summarizeJournal(records), world.scheduler.nowMs());
  const process = createProcess(world.scheduler);
  const driver: Driver = {
    ...options,
    process,
    sessions: new Map(),
    ends: new Set(),
    workerIds: new Map(),
    scores: new Map(),
    acknowledged: new Map(),
    reports: createPendingReports(process, (event) => happen(driver, event)),
    state,
    served: undefined,
    result: undefined,
    wakesAtMs: undefined,
  };
  disk.append({ kind: 'start', incarnation: state.incarnation });
  disk.sync();
  world.directory = {
    accept: (workerId) => accept(driver, workerId),
    servedSnapshot: () => driver.served?.parameters,
    activeWorkers: () => activeMembers(driver.state).length,
  };
  happen(driver, { kind: 'tick' });
  return {
    state: () => driver.state,
    command(command, acknowledged = () => undefined) {
      const id = driver.acknowledged.size + 1;
      driver.acknowledged.set(id, acknowledged);
      happen(driver, { kind: 'command', id, command });
    },
    kill() {
      driver.process.kill();
      world.directory = undefined;
      for (const end of driver.ends) end.close();
    },
  };
}

type Happening = DriverEvent | CommandEvent | WorkerEvent;

function happen(driver: Driver, happening: Happening): void {
  const { world, process } = driver;
  if (!process.isAlive()) return;
  const atMs = world.scheduler.nowMs();
  const events = [...driver.reports.take(), happening].map((each) => ({ ...each, atMs }));
  for (const event of events) if (event.kind !== 'heartbeat') world.trace(() => `event ${JSON.stringify(event)}`);
  const { state, effects } = transition(driver.state, ...events);
  driver.state = state;
  for (const effect of effects) {
    if (effect.kind !== 'send') world.trace(() => `  effect ${JSON.stringify(effect)}`);
    carryOut(driver, effect);
  }
  wake(driver);
}

function wake(driver: Driver): void {
  const { world, process, state } = driver;
  const now = world.scheduler.nowMs();
  const at = nextDeadlineMs(state, now);
  if (at === undefined || (driver.wakesAtMs !== undefined && driver.wakesAtMs <= at && driver.wakesAtMs > now)) return;
  driver.wakesAtMs = Math.max(at, now + 1);
  const due = driver.wakesAtMs;
  process.after(due - now, () => {
    if (driver.wakesAtMs === due) driver.wakesAtMs = undefined;
    happen(driver, { kind: 'tick' });
  });
}

function accept(driver: Driver, workerId: string): End<Reported, Sent> {
  const { world, process, sessions } = driver;
  const { worker, coordinator } = world.network.connect<Reported, Sent>(workerId);
  driver.ends.add(coordinator);
  let session: number | undefined;
  coordinator.onMessage = ({ news, score }) =>
    process.run(() => {
      if (news.kind === 'joined' && session === undefined) {
        session = driver.workerIds.size + 1;
        driver.workerIds.set(session, workerId);
        sessions.set(session, coordinator);
      }
      if (session === undefined) return;
      const event = { session, ...withBadRows(world, driver.state, news) };
      if (event.kind === 'joined' || event.kind === 'ready') happen(driver, event);
      else driver.reports.add(event, score);
    });
  coordinator.onBroken = () =>
    process.run(() => {
      if (session === undefined) return;
      sessions.delete(session);
      happen(driver, { session, kind: 'lost', reason: 'the stream broke' });
    });
  return worker;
}

function send({ sessions, state }: Driver, session: number, message: Message): void {
  sessions.get(session)?.send({ message, setAside: state.setAside });
}

function carryOut(driver: Driver, effect: Effect): void {
  const { world, process, disk, scores, sessions } = driver;
  const { random } = world.scheduler;
  const later = (delayMs: number, event: () => Happening) => process.after(delayMs, () => happen(driver, event()));
  switch (effect.kind) {
    case 'send':
      send(driver, effect.session, effect.message);
      return;
    case 'disconnect':
      sessions.get(effect.session)?.close();
      sessions.delete(effect.session);
      return;
    case 'plan':
      scores.clear();
      later(random.between(1, 10), () => planned(world, driver.state, effect));
      if (effect.evaluates) later(1, () => ({ kind: 'evaluated' }));
      return;
    case 'evaluate':
      later(random.between(1, 100), () => ({ kind: 'evaluated' }));
      return;
    case 'answered':
      if (effect.answer.isDone) process.after(random.between(1, 8), () => acknowledge(driver, effect.id));
      return;
    case 'accepted':
      if (effect.what === 'mismatched')
        scores.set(effect.number, driver.reports.scoreOf(effect.session, effect.number));
      return;
    case 'referencePoint': {
      const z0 = referencePointOf([...scores].sort(([a], [b]) => a - b).map(([, score]) => score));
      later(random.between(0, 3), () => ({ kind: 'referencePointReady', generation: effect.generation, z0 }));
      return;
    }
    case 'journal':
      disk.append(effect.record);
      return;
    case 'commit':
      commit(driver, effect.record);
      return;
    case 'snapshot':
      writeSnapshot(driver, effect);
      return;
    case 'restore':
      later(random.between(5, 50), () => {
        driver.served = disk.newestSnapshot();
        return restored(disk, driver.served);
      });
      return;
    case 'finished':
      driver.result = pullState(world, workersOf(driver, effect.sessions))?.digest;
      later(random.between(5, 60), () => ({ kind: driver.result === effect.parameterDigest ? 'saved' : 'saveFailed' }));
      return;
    case 'ended':
      driver.onEnded(effect.outcome, driver.result);
  }
}

function acknowledge({ disk, acknowledged }: Driver, id: number): void {
  disk.sync();
  acknowledged.get(id)!();
}

function commit(driver: Driver, record: CommitRecord): void {
  const { world, process, disk, checks, state } = driver;
  checks.committing(record, state);
  disk.append({ kind: 'commit', ...record });
  process.after(world.scheduler.random.between(1, 8), () => {
    disk.sync();
    checks.committed(record);
    happen(driver, { kind: 'commitJournaled', record });
  });
}

const workersOf = ({ workerIds }: Driver, sessions: readonly number[]) => sessions.map((one) => workerIds.get(one)!);

function writeSnapshot(driver: Driver, { step, sessions }: Extract<Effect, { kind: 'snapshot' }>): void {
  const { world, process, disk } = driver;
  const pulled = pullState(world, workersOf(driver, sessions));
  const before = driver.state;
  process.after(world.scheduler.random.between(10, 400), () => {
    const agreed = pulled && agreedDigest(driver.state, pulled.parameters.step);
    const isGood = pulled && pulled.parameters.step >= step && agreed === pulled.digest;
    if (isGood) {
      disk.writeSnapshot(snapshotOf(pulled.parameters, before));
      happen(driver, { kind: 'snapshotWritten', step: pulled.parameters.step });
    } else happen(driver, { kind: 'snapshotFailed', reason: 'what was pulled is not what was agreed on' });
  });
}
