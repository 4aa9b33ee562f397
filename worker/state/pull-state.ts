/** Pulls a whole state into memory, and believes it only when every digest is right. */
import { createChannel, createClient, Metadata } from 'nice-grpc';
import { ProspectError } from '../../core/errors.js';
import { writeElements } from '../../core/tensor-chunks.js';
import { type StateChunk, type StateHeader, StateServiceDefinition } from '../../proto/gen/prospect/v1/state.js';
import { TENSOR_OPTIONS } from '../../proto/transport/channel-options.js';
import { callHeaders, channelSecurity, type Security } from '../../proto/transport/security.js';
import type { Compute, StateArrays } from '../compute/compute.js';
import { allocateState, digestsOf, namedArrays } from './arrays.js';

export interface PulledState {
  readonly header: StateHeader;
  readonly arrays: StateArrays;
}

export interface PullSettings {
  /** Elements of each array. */
  readonly length: number;
  /** Hashes what came. */
  readonly compute: Pick<Compute, 'digest'>;
  readonly security: Security;
  readonly signal: AbortSignal;
  onChunk(): void;
}

/**
 * The state of `step` or a later one.
 * @throws PROTOCOL for what is incomplete, misplaced or of another size; WORKER_MISMATCH for a wrong digest; a gRPC
 * error when nobody is there or has it.
 */
export async function pullState(address: string, step: number, settings: PullSettings): Promise<PulledState> {
  const channel = createChannel(address, channelSecurity(settings.security, ['worker', 'coordinator']), TENSOR_OPTIONS);
  try {
    const client = createClient(StateServiceDefinition, channel);
    const callOptions = { signal: settings.signal, metadata: Metadata(callHeaders(settings.security)) };
    const received = receiver(step, settings.length);
    for await (const { message } of client.pullState({ step, parametersOnly: false }, callOptions)) {
      if (message?.$case === 'header') received.takeHeader(message.value);
      if (message?.$case === 'chunk') received.takeChunk(message.value);
      settings.onChunk();
    }
    const pulled = received.finish();
    await verify(pulled, settings.compute);
    return pulled;
  } finally {
    channel.close();
  }
}

/** Chunks may only fill the arrays from start to end, so that nothing missing or misplaced goes unnoticed. */
function receiver(step: number, length: number) {
  const arrays = allocateState(length);
  const due = namedArrays(arrays);
  let header: StateHeader | undefined;
  let next = 0;
  return {
    takeHeader(received: StateHeader): void {
      if (received.length !== length || received.step < step) {
        const got = `a state of step ${received.step} with ${received.length} elements came`;
        throw new ProspectError('PROTOCOL', `${got} instead of one of step ${step} with ${length}`);
      }
      header = received;
    },
    takeChunk({ array, offset, elements }: StateChunk): void {
      const expected = due[0];
      const count = elements.length / 4;
      if (
        !header ||
        array !== expected?.array ||
        offset !== next ||
        !Number.isInteger(count) ||
        next + count > length
      ) {
        throw new ProspectError('PROTOCOL', `elements ${offset} to ${offset + count} of array ${array} are misplaced`);
      }
      writeElements(elements, expected.values, offset);
      next += count;
      if (next < length) return;
      due.shift();
      next = 0;
    },
    finish(): PulledState {
      if (!header || due.length > 0) throw new ProspectError('PROTOCOL', 'the state ended before it was whole');
      return { header, arrays };
    },
  };
}

async function verify({ header, arrays }: PulledState, compute: Pick<Compute, 'digest'>): Promise<void> {
  const digests = await digestsOf(arrays, compute);
  for (const { name, digestField } of namedArrays(arrays)) {
    if (digests[digestField] === header[digestField]) continue;
    throw new ProspectError('WORKER_MISMATCH', `the ${name} that came do not have the digest that was announced`);
  }
}
