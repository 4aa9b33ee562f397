/** A worker's whole training state, streamed: never whole in the coordinator's memory. */
import { createChannel, createClient, Metadata } from 'nice-grpc';
import { ProspectError } from '../../core/errors.js';
import { writeElements } from '../../core/tensor-chunks.js';
import {
  type PullStateRequest,
  type PullStateResponse,
  StateArray,
  type StateHeader,
  StateServiceDefinition,
} from '../../proto/gen/prospect/v1/state.js';
import { TENSOR_OPTIONS } from '../../proto/transport/channel-options.js';
import { callHeaders, channelSecurity, type Security } from '../../proto/transport/security.js';
import { nameOf, type WorkerLink } from '../worker-link.js';

export interface PulledState {
  readonly header: StateHeader;
  /** Consecutive pieces of each flat array, to be read once and in this order. They throw WORKER_LOST. */
  readonly parameters: AsyncGenerator<Float32Array>;
  readonly firstMoments: AsyncGenerator<Float32Array>;
  readonly secondMoments: AsyncGenerator<Float32Array>;
  close(): void;
}

/** @throws WORKER_LOST when it does not answer, or not with a state. */
export async function pullState(
  link: WorkerLink,
  request: PullStateRequest,
  security: Security,
  signal: AbortSignal,
): Promise<PulledState> {
  const channel = createChannel(link.peerAddress, channelSecurity(security, ['worker']), TENSOR_OPTIONS);
  // The run's own signal lives as long as the run: what listens to it must not grow with each state.
  const closing = new AbortController();
  const stream = createClient(StateServiceDefinition, channel).pullState(request, {
    signal: AbortSignal.any([signal, closing.signal]),
    metadata: Metadata(callHeaders(security)),
  });
  const responses = stream[Symbol.asyncIterator]();
  const next = async () => {
    try {
      const response = await responses.next();
      return response.done ? undefined : response.value.message;
    } catch (cause) {
      throw notPulled(link, cause instanceof Error ? cause.message : String(cause), cause);
    }
  };
  try {
    const first = await next();
    if (first?.$case !== 'header') throw notPulled(link, 'it did not begin with a header');
    const header = first.value;
    const arrayOf = (array: StateArray) => piecesOf(array, header.length, next, link);
    return {
      header,
      parameters: arrayOf(StateArray.STATE_ARRAY_PARAMETERS),
      firstMoments: arrayOf(StateArray.STATE_ARRAY_FIRST_MOMENT),
      secondMoments: arrayOf(StateArray.STATE_ARRAY_SECOND_MOMENT),
      close() {
        closing.abort();
        channel.close();
      },
    };
  } catch (error) {
    channel.close();
    throw error;
  }
}

async function* piecesOf(
  array: StateArray,
  length: number,
  next: () => Promise<PullStateResponse['message']>,
  link: WorkerLink,
): AsyncGenerator<Float32Array> {
  for (let received = 0; received < length; ) {
    const message = await next();
    if (message?.$case !== 'chunk' || message.value.array !== array || message.value.offset !== received) {
      throw notPulled(link, `elements from ${received} on of array ${array} were due`);
    }
    const { elements } = message.value;
    const piece = new Float32Array(elements.length / 4);
    writeElements(elements, piece.buffer, 0);
    received += piece.length;
    yield piece;
  }
}

function notPulled(link: WorkerLink, reason: string, cause?: unknown): ProspectError {
  return new ProspectError('WORKER_LOST', `the state of worker ${nameOf(link)} could not be pulled: ${reason}`, {
    cause,
  });
}
