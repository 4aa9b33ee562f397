/** The tensor thread, as the main thread sees it. */
import { ProspectError } from '../../core/errors.js';
import type { Member } from '../../proto/gen/prospect/v1/coordinator.js';
import type { Security } from '../../proto/transport/security.js';
import type { GradientStore, StepKey, StepLeaves, SubtreeSum, Wire } from '../allreduce/gradient-store.js';
import type { ReduceOrder } from '../allreduce/reduce.js';
import type { Donor, LentCopy } from '../state/donor.js';
import type { MainApi, TensorApi } from './api.js';
import { portCalls } from './port-calls.js';
import type { TensorThread } from './start.js';
import type { Traffic } from './traffic.js';

export interface Tensors {
  /** Opens the port. @returns host:port that others reach. @throws ADDRESS_IN_USE. */
  serve(host: string, security: Security): Promise<string>;
  load(length: number, wire: Wire): void;
  /** A reduction that is not finished fails. */
  begin(step: StepKey, leafCount: number): void;
  join(position: Position, others: readonly Member[], watcher: Watcher): Membership;
  /**
   * The gradient of a committed step that this worker took no part in; others can pull it from here then.
   * @throws PeerError when nobody gives it, the signal's reason.
   */
  observe(step: number, members: readonly Member[], signal: AbortSignal): Promise<SharedArrayBuffer>;
  /** The same into memory of its own. @param length elements. */
  prefetch(step: number, members: readonly Member[], length: number, signal: AbortSignal): Promise<SharedArrayBuffer>;
  /** What this worker has moved so far. */
  traffic: Traffic['read'];
  close(): Promise<void>;
}

/** What the main thread holds for a step, and the thread that reduces it. */
export interface GradientExchange {
  readonly store: GradientStore;
  readonly tensors: Tensors;
  /** Takes a step on. Finished leaves of the same step and attempt are kept. */
  begin(step: StepKey, leafCount: number, plan: StepLeaves): void;
}

export interface Position {
  readonly rank: number;
  readonly worldSize: number;
}

export interface Watcher {
  onProgress(): void;
  onDamage(peer: string, damage: string): void;
}

/** Connections to the other members of a generation. */
export interface Membership {
  /**
   * @param sums that this worker holds; they must not change until the generation is over.
   * @returns the mean gradient over the global batch, flat float32. It stays as it is until the next step is reduced.
   * @throws PeerError when a peer cannot be pulled from or sends something else, WORKER_LOST when a later generation
   * begins meanwhile.
   */
  reduce(order: ReduceOrder, sums: readonly SubtreeSum[]): Promise<SharedArrayBuffer>;
  /** Ends all pulls at once. */
  leave(): void;
}

/** @param donor gives nothing before the model is loaded. */
export function createTensors(thread: TensorThread, donor: () => Donor | undefined): Tensors {
  const watchers = new Map<number, Watcher>();
  const loans = new Map<number, LentCopy>();
  let nextTeam = 0;
  let nextLoan = 0;
  const local: MainApi = {
    progress: ({ team }) => watchers.get(team)?.onProgress(),
    damage: ({ team, peer, damage }) => watchers.get(team)?.onDamage(peer, damage),
    async lend({ step, parametersOnly }) {
      const now = donor();
      if (!now) throw new ProspectError('PROTOCOL', 'this worker has not loaded its model yet');
      const copy = await now.lend(step, parametersOnly);
      const loan = nextLoan++;
      loans.set(loan, copy);
      return { loan, header: copy.header, arrays: copy.arrays };
    },
    giveBack({ loan }) {
      loans.get(loan)?.giveBack();
      loans.delete(loan);
    },
  };
  const calls = portCalls<TensorApi>(thread.port, local);
  thread.onFailure(calls.fail);
  return {
    serve: (host, security) => calls.call('serve', { host, security }),
    load: (length, wire) => calls.tell('load', { length, wire }),
    begin: ({ generation, step }, leafCount) => calls.tell('begin', { step: { generation, step }, leafCount }),
    join(position, others, watcher) {
      const team = nextTeam++;
      watchers.set(team, watcher);
      calls.tell('join', { team, ...position, others });
      return {
        reduce: (order, sums) => calls.call('reduce', { team, order, sums }),
        leave() {
          watchers.delete(team);
          calls.tell('leave', { team });
        },
      };
    },
    observe: (step, members, signal) => calls.call('observe', { step, members }, signal),
    prefetch: (step, members, length, signal) => calls.call('prefetch', { step, members, length }, signal),
    traffic: thread.traffic.read,
    async close() {
      await calls.call('close', {}).catch(() => undefined);
      await thread.end();
    },
  };
}

export function createGradientExchange(store: GradientStore, tensors: Tensors): GradientExchange {
  tensors.load(store.length, store.wire);
  return {
    store,
    tensors,
    begin(step, leafCount, plan) {
      tensors.begin(step, leafCount);
      store.begin(step, leafCount, plan);
    },
  };
}
