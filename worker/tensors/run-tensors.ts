/**
 * The tensor thread's work: it serves gradients and state to other workers, pulls theirs, and adds. The main thread,
 * which has to answer at once, only tells it what is wanted.
 */
import { ProspectError } from '../../core/errors.js';
import type { Security } from '../../proto/transport/security.js';
import { createExchange, type Exchange } from '../allreduce/exchange.js';
import { pullWholeReduced } from '../allreduce/observe.js';
import { connectPeers, type PeerClients } from '../allreduce/peer-clients.js';
import { createPeerService } from '../allreduce/peer-service.js';
import { createReducer, type Reducer } from '../allreduce/reduce.js';
import type { Donor } from '../state/donor.js';
import { pullGradient } from '../state/prefetch.js';
import { createStateService } from '../state/state-service.js';
import type { MainApi, TensorApi } from './api.js';
import { countedPeer, countedService } from './count-traffic.js';
import { type Port, type PortCalls, portCalls } from './port-calls.js';
import { createPublishedSums, type PublishedSums } from './published-sums.js';
import { serve, type WorkerServer } from './serve.js';
import type { Traffic } from './traffic.js';

/** The main thread hears of progress so often, however small the pieces are. */
const PROGRESS_MS = 20;

interface Team {
  readonly reducer: Reducer;
  readonly clients: PeerClients;
}

/** @param traffic counts what is moved. */
export function runTensors(port: Port, traffic: Traffic): void {
  const teams = new Map<number, Team>();
  let exchange: Exchange<PublishedSums> | undefined;
  let server: WorkerServer | undefined;
  let security: Security = {};
  const loaded = (): Exchange<PublishedSums> => {
    if (!exchange) throw new ProspectError('PROTOCOL', 'gradients are wanted before the model was loaded');
    return exchange;
  };
  const local: TensorApi = {
    async serve({ host, security: given }) {
      security = given;
      const state = createStateService(() => donorOf(main));
      server = await serve(
        host,
        countedService(
          createPeerService(() => exchange),
          traffic,
        ),
        state,
        security,
      );
      return server.address;
    },
    load({ length, wire }) {
      exchange?.fail(new ProspectError('WORKER_LOST', 'this worker has loaded another model'));
      exchange = createExchange(createPublishedSums(length, wire));
    },
    begin: ({ step, leafCount }) => loaded().begin(step, leafCount),
    join({ team, others, ...position }) {
      const clients = connectPeers(others, security, new AbortController().signal, ({ workerId }, damage) => {
        traffic.add('damagedPieces', 1);
        main.tell('damage', { team, peer: workerId, damage });
      });
      const onFrame = atMostEvery(PROGRESS_MS, () => main.tell('progress', { team }));
      const peers = clients.peers.map((peer) => countedPeer(peer, traffic, onFrame));
      teams.set(team, { clients, reducer: createReducer(position, peers, loaded()) });
    },
    leave({ team }) {
      teams.get(team)?.clients.close();
      teams.delete(team);
    },
    async reduce({ team, order, sums }) {
      const member = teams.get(team);
      if (!member) throw new ProspectError('WORKER_LOST', 'the members changed before the reduction');
      loaded().store.publish(sums);
      const begunMs = performance.now();
      const gradient = await member.reducer.reduce(order);
      traffic.add('reductions', 1);
      traffic.add('reduceMicroseconds', (performance.now() - begunMs) * 1000);
      return gradient;
    },
    async observe({ step, members }, signal) {
      const { peers, close } = connectPeers(members, security, signal);
      try {
        return await pullWholeReduced(step, peers, loaded());
      } finally {
        close();
      }
    },
    prefetch: ({ step, members, length }, signal) => pullGradient(step, members, length, security, signal),
    close() {
      for (const { clients } of teams.values()) clients.close();
      exchange?.fail(new ProspectError('WORKER_LOST', 'this worker has left the run'));
      server?.close();
    },
  };
  const main = portCalls<MainApi>(port, local);
}

/** Its state is the main thread's to give. */
function donorOf(main: PortCalls<MainApi>): Donor {
  return {
    async lend(step, parametersOnly = false) {
      const { loan, header, arrays } = await main.call('lend', { step, parametersOnly });
      return { header, arrays, giveBack: () => main.tell('giveBack', { loan }) };
    },
  };
}

function atMostEvery(intervalMs: number, act: () => void): () => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = performance.now();
    if (nowMs - lastMs < intervalMs) return;
    lastMs = nowMs;
    act();
  };
}
