/** What a worker becomes in the course of a session: it has loaded a model, and it is a member. */
import { ProspectError } from '../core/errors.js';
import type { LossSettings } from '../core/kto.js';
import type { StepPlan } from '../proto/gen/prospect/v1/coordinator.js';
import type { Exchange } from './allreduce/exchange.js';
import type { Reducer } from './allreduce/reduce.js';
import type { Compute } from './compute/compute.js';

export interface LoadedModel {
  readonly loss: LossSettings;
  readonly compute: Compute;
  readonly exchange: Exchange;
}

export interface MemberState {
  readonly generation: number;
  readonly reducer: Reducer;
  /** The step at hand, until it is applied. */
  plan: StepPlan | undefined;
  /** The reduced gradient and its norm, until they are applied. */
  reduced: { readonly gradient: SharedArrayBuffer; readonly norm: number } | undefined;
  /** Closes the connections to the peers. */
  close(): void;
}

export interface WorkerState {
  /** Runs from the welcome on, when the engine to start is known. */
  compute: Compute | undefined;
  loaded: LoadedModel | undefined;
  member: MemberState | undefined;
}

export function loadedModel(state: WorkerState): LoadedModel {
  if (!state.loaded) throw new ProspectError('PROTOCOL', 'work arrived before the model was loaded');
  return state.loaded;
}

/** This worker as a member of the message's generation. */
export function memberOf(state: WorkerState, message: { generation: number }): MemberState {
  const { member } = state;
  if (member?.generation === message.generation) return member;
  const own = member ? `generation ${member.generation}` : 'no generation';
  throw new ProspectError('PROTOCOL', `a message of generation ${message.generation} reached a worker of ${own}`);
}

/** The plan of the message's step. */
export function planOf(member: MemberState, message: { step: number }): StepPlan {
  const { plan } = member;
  if (plan?.step === message.step) return plan;
  const own = plan ? `at step ${plan.step}` : 'between steps';
  throw new ProspectError('PROTOCOL', `a message of step ${message.step} reached a worker ${own}`);
}
