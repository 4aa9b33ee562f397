/** A state machine to be talked to by tests: it keeps the state, and remembers the effects of the last event. */
import type { Answer, Command } from './command.js';
import type { Effect, Message } from './effects.js';
import type { Event, WorkerNews } from './events.js';
import { initialState } from './initial-state.js';
import { EMPTY_JOURNAL } from './journal-summary.js';
import { transition } from './transition.js';
import type { CommitRecord, HeldState, JournalSummary, Settings, State } from './types.js';

export const SETTINGS: Settings = {
  totalSteps: 3,
  workers: { min: 2, max: 2, waitMs: 600_000 },
  graceMs: 5000,
  settleMs: 1500,
  silenceMs: 2500,
  phaseFloorMs: 10_000,
  auditEverySteps: 0,
  setAsideLimit: 1,
  snapshots: { everySteps: undefined, everyMs: undefined },
};

export const FRESH: HeldState = { appliedStep: 0, parameterDigest: 'p0', leaves: undefined, reduced: undefined };

type Facts = Event extends infer One ? (One extends { atMs: number } ? Omit<One, 'atMs'> : never) : never;

export interface Machine {
  state(): State;
  nowMs: number;
  happen(facts: Facts): readonly Effect[];
  /** From each of the sessions. @returns effects of all of them. */
  report(sessions: readonly number[], news: WorkerNews): readonly Effect[];
}

export function createMachine(settings: Partial<Settings> = {}, journal: JournalSummary = EMPTY_JOURNAL): Machine {
  let state = initialState({ ...SETTINGS, ...settings }, journal, 0);
  const machine: Machine = {
    state: () => state,
    nowMs: 0,
    happen(facts) {
      const next = transition(state, { ...facts, atMs: machine.nowMs } as Event);
      state = next.state;
      return next.effects;
    },
    report: (sessions, news) => sessions.flatMap((session) => machine.happen({ session, ...news } as Facts)),
  };
  return machine;
}

export function join(machine: Machine, session: number, held: HeldState = FRESH): readonly Effect[] {
  return machine.happen({ session, kind: 'joined', workerId: `w${session}`, workerIncarnation: session, held });
}

/** One mismatched microbatch and one leaf for each of two workers. */
export function plan(machine: Machine): readonly Effect[] {
  const { work } = machine.state();
  return machine.happen({
    kind: 'planned',
    generation: work!.sinceGeneration,
    step: work!.step,
    attempt: work!.attempt,
    mismatchedCosts: [1, 1],
    leafCosts: [1, 1],
    exampleCount: 2,
    learningRate: 0.1,
  });
}

export function ofPlan(machine: Machine) {
  const { generation, work } = machine.state();
  return { generation, step: work!.step, attempt: work!.attempt };
}

export function scorePairs(machine: Machine, notFinite: readonly number[] = []): readonly Effect[] {
  const order = ofPlan(machine);
  machine.report([1], { kind: 'mismatchedReport', ...order, microbatch: 0, notFinite });
  return machine.report([2], { kind: 'mismatchedReport', ...order, microbatch: 1, notFinite: [] });
}

export function giveReferencePoint(machine: Machine): readonly Effect[] {
  return machine.happen({ kind: 'referencePointReady', generation: machine.state().work!.sinceGeneration, z0: 0.5 });
}

export function computeLeaves(machine: Machine, leaves = [0, 1]): readonly Effect[] {
  const order = ofPlan(machine);
  return leaves.flatMap((leaf) =>
    machine.report([leaf + 1], {
      kind: 'leafReport',
      ...order,
      leaf,
      z0: 0.5,
      digest: '',
      computeMs: 10,
      notFinite: [],
    }),
  );
}

/** The step up to the order to reduce. */
export function toReduction(machine: Machine): readonly Effect[] {
  plan(machine);
  scorePairs(machine);
  giveReferencePoint(machine);
  return computeLeaves(machine);
}

export function reduce(machine: Machine, session: number, digest = 'g1'): readonly Effect[] {
  const { generation, work } = machine.state();
  return machine.report([session], { kind: 'reducedReport', generation, step: work!.step, digest, norm: 1 });
}

export function commitOf(effects: readonly Effect[]): CommitRecord {
  return effects.find((effect) => effect.kind === 'commit')!.record;
}

export function apply(machine: Machine, sessions: readonly number[], parameterDigest = 'p1'): readonly Effect[] {
  const { generation, committed } = machine.state();
  return machine.report(sessions, { kind: 'appliedReport', generation, step: committed.step, parameterDigest });
}

/** One step of two workers. @returns effects from its commit on. */
export function makeStep(machine: Machine): readonly Effect[] {
  toReduction(machine);
  reduce(machine, 1);
  const committed = machine.happen({ kind: 'commitJournaled', record: commitOf(reduce(machine, 2)) });
  return [...committed, ...apply(machine, [1, 2])];
}

export function give(machine: Machine, command: Command): readonly Effect[] {
  return machine.happen({ kind: 'command', id: 7, command });
}

export function answer(machine: Machine, command: Command): Answer {
  return give(machine, command).find((effect) => effect.kind === 'answered')!.answer;
}

/** What was sent, as session and message. */
export function sent<Kind extends Message['kind']>(
  effects: readonly Effect[],
  kind: Kind,
): { session: number; message: Extract<Message, { kind: Kind }> }[] {
  return effects.flatMap((effect) =>
    effect.kind === 'send' && effect.message.kind === kind
      ? [{ session: effect.session, message: effect.message as Extract<Message, { kind: Kind }> }]
      : [],
  );
}

export function kindsOf(effects: readonly Effect[]): string[] {
  return effects.map(({ kind }) => kind);
}
