/**
 * The Session RPC as the coordinator serves it. Most of what it says goes to all workers: such a message is turned into
 * bytes once, not once a worker. Those that name every worker (members, who reduces what) would cost their square.
 */
import type { ServiceImplementation } from 'nice-grpc';
import { CoordinatorServiceDefinition, SessionResponse } from '../proto/gen/prospect/v1/coordinator.js';

const { session } = CoordinatorServiceDefinition.methods;
const encoded = new WeakMap<object, Uint8Array>();

const EncodedOnce = {
  decode: SessionResponse.decode,
  encode: (response: SessionResponse) => ({ finish: () => bytesOf(response) }),
};

export const SessionServiceDefinition = {
  ...CoordinatorServiceDefinition,
  methods: { session: { ...session, responseType: EncodedOnce } },
} as const;

export type SessionServiceImplementation = ServiceImplementation<typeof SessionServiceDefinition>;

function bytesOf(response: SessionResponse): Uint8Array {
  const known = response.message && encoded.get(response.message);
  if (known) return known;
  const bytes = SessionResponse.encode(response).finish();
  if (response.message) encoded.set(response.message, bytes);
  return bytes;
}
