/** A worker's life: open the peer service, reach the coordinator, take part in the run, leave. */
import { createClient } from 'nice-grpc';
import type { RunConfig } from '../core/config/schema.js';
import { ProspectError } from '../core/errors.js';
import { CoordinatorServiceDefinition } from '../proto/gen/prospect/v1/coordinator.js';
import { startPeerServer } from './allreduce/peer-server.js';
import { createPeerService } from './allreduce/peer-service.js';
import type { Compute } from './compute/compute.js';
import { connectCoordinator } from './connect.js';
import { takePart } from './session.js';
import type { WorkerState } from './worker-state.js';

export interface WorkerOptions {
  readonly workerId: string;
  /** host:port. */
  readonly coordinator: string;
  /** Address of this machine that the other workers reach. */
  readonly host: string;
  readonly connectDeadlineMs: number;
  /** Settings of this machine that replace the run's, such as where the model lies. */
  readonly override: Partial<RunConfig>;
  /** Starts the compute thread with the environment that the run's engine needs. */
  readonly startCompute: (config: RunConfig) => Compute;
  readonly log: WorkerLog;
  readonly signal: AbortSignal;
}

export interface WorkerLog {
  info(details: object, message: string): void;
  debug(details: object, message: string): void;
}

/** Resolves when the coordinator says that the run is over. */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const state: WorkerState = { compute: undefined, loaded: undefined, member: undefined };
  const peerServer = await startPeerServer(
    options.host,
    createPeerService(() => state.loaded?.exchange),
  );
  try {
    const channel = await connectCoordinator(options.coordinator, options.connectDeadlineMs, options.signal);
    options.log.debug({ coordinator: options.coordinator, peerAddress: peerServer.address }, 'connected');
    try {
      await takePart(createClient(CoordinatorServiceDefinition, channel), peerServer.address, state, options);
    } finally {
      channel.close();
    }
  } catch (error) {
    if (options.signal.aborted) throw new ProspectError('INTERRUPTED', 'the worker was told to stop', { cause: error });
    throw error;
  } finally {
    state.member?.close();
    peerServer.close();
    await state.compute?.close();
  }
}
