/** Limits and windows of both kinds of connection, explicit: gRPC's defaults (4 MiB, 64 KiB windows) are too small. */
import type { ChannelOptions } from '@grpc/grpc-js';

const MIB = 1024 * 1024;

/** Plans of long rows and large batches: 4096 rows of 8192 tokens are 128 MiB. */
export const CONTROL_MESSAGE_BYTES = 256 * MIB;
/** Frames are a MiB and a header. */
export const TENSOR_MESSAGE_BYTES = 4 * MIB;
/** Whoever receives tensors is the client: it decides how much may be under way. */
export const TENSOR_WINDOW_BYTES = 8 * MIB;
/**
 * A peer that stops is noticed after both, 2.8 s. A ping's answer waits behind what the sender's kernel has buffered
 * (up to 4 MiB), so a connection that moves less than 2 to 3 MiB/s can look dead.
 */
export const KEEPALIVE_MS = 1000;
export const KEEPALIVE_ANSWER_MS = 1800;

/** Certificates are checked for roles, not for hosts (security.ts): all are asked for by one name. */
const SERVER_NAME = { 'grpc.ssl_target_name_override': 'prospect' };

export const CONTROL_OPTIONS: ChannelOptions = {
  ...SERVER_NAME,
  'grpc.max_receive_message_length': CONTROL_MESSAGE_BYTES,
  'grpc.max_send_message_length': CONTROL_MESSAGE_BYTES,
};

export const TENSOR_OPTIONS: ChannelOptions = {
  ...SERVER_NAME,
  'grpc.max_receive_message_length': TENSOR_MESSAGE_BYTES,
  'grpc.max_send_message_length': TENSOR_MESSAGE_BYTES,
  'grpc-node.flow_control_window': TENSOR_WINDOW_BYTES,
  'grpc.keepalive_time_ms': KEEPALIVE_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_ANSWER_MS,
  // A connection of its own: channels to one address share one otherwise, and heartbeats would wait behind tensors.
  'grpc.use_local_subchannel_pool': 1,
};
