/** What a worker is and holds, for as long as its process lives: sessions come and go. */
import { ProspectError } from '../core/errors.js';
import type { LossSettings } from '../core/kto.js';
import type { Ready } from '../proto/gen/prospect/v1/coordinator.js';
import { type Agenda, emptyAgenda, type Reply } from './agenda.js';
import type { Compute } from './compute/compute.js';
import type { Donor } from './state/donor.js';
import type { Parameters } from './state/parameters.js';
import type { StepWork } from './step-work.js';
import type { Team } from './team.js';
import type { GradientExchange, Tensors } from './tensors/tensors.js';

export interface WorkerState {
  /** Random, new for each process. */
  readonly workerIncarnation: number;
  /** host:port of the one that was connected to last; '' before the first. */
  coordinator: string;
  /** Newest coordinator of the run that was heard of; 0 before the first. */
  coordinatorIncarnation: number;
  /** Newest generation of that coordinator. */
  generation: number;
  /** Of the last Heal; 0 before one. */
  healOrder: number;
  /** Runs from the welcome on, when the engine to start is known. */
  compute: Compute | undefined;
  readonly tensors: Tensors;
  loaded: LoadedModel | undefined;
  team: Team | undefined;
  /** Undefined while there is none. */
  session: Session | undefined;
  readonly agenda: Agenda;
  activity: Activity;
  /** Changes whenever something got done. */
  progress: number;
}

export interface Session {
  readonly reply: Reply;
  /** The coordinator has taken the worker in. */
  welcomed: boolean;
}

export interface LoadedModel {
  readonly runId: string;
  readonly configJson: string;
  /** How long the coordinator may be gone. */
  readonly waitMs: number;
  readonly loss: LossSettings;
  readonly compute: Compute;
  readonly exchange: GradientExchange;
  /** What the coordinator is told about engine and model, whenever a session begins. */
  readonly description: Omit<Ready, 'held'>;
  readonly parameters: Parameters;
  readonly donor: Donor;
  /** The last reduced gradient; it lies in the exchange. */
  reduced: Reduced | undefined;
  /** The step at hand. */
  work: StepWork | undefined;
}

export interface Reduced {
  readonly step: number;
  /** SHA-256, hex. */
  readonly digest: string;
  readonly gradient: SharedArrayBuffer;
}

/** As heartbeats tell it. */
export interface Activity {
  readonly phase: Phase;
  readonly step: number;
}

export type Phase =
  | 'idle'
  | 'loading'
  | 'mismatched'
  | 'gradients'
  | 'reducing'
  | 'applying'
  | 'healing'
  | 'observing'
  | 'scoring';

export function createWorkerState(workerIncarnation: number, tensors: Tensors): WorkerState {
  return {
    workerIncarnation,
    coordinator: '',
    coordinatorIncarnation: 0,
    generation: 0,
    healOrder: 0,
    compute: undefined,
    tensors,
    loaded: undefined,
    team: undefined,
    session: undefined,
    agenda: emptyAgenda(),
    activity: { phase: 'idle', step: 0 },
    progress: 0,
  };
}

export function loadedModel({ loaded }: WorkerState): LoadedModel {
  if (!loaded) throw new ProspectError('PROTOCOL', 'work arrived before the model was loaded');
  return loaded;
}
