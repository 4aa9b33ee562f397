/** Limits and windows of both kinds of connection, explicit: gRPC's defaults (4 MiB, 64 KiB windows) are too small. */
import type { ChannelOptions } from '@grpc/grpc-js';

const MIB = 1024 * 1024;

/** Plans of long rows and large batches: 4096 rows of 8192 tokens are 128 MiB. */
const CONTROL_MESSAGE_BYTES = 256 * MIB;
/** Chunks are half a MiB. */
const TENSOR_MESSAGE_BYTES = 4 * MIB;
/** Whoever receives tensors is the client, because grpc-js sets the window there alone. */
const TENSOR_WINDOW_BYTES = 8 * MIB;

export const CONTROL_OPTIONS: ChannelOptions = {
  'grpc.max_receive_message_length': CONTROL_MESSAGE_BYTES,
  'grpc.max_send_message_length': CONTROL_MESSAGE_BYTES,
};

export const TENSOR_OPTIONS: ChannelOptions = {
  'grpc.max_receive_message_length': TENSOR_MESSAGE_BYTES,
  'grpc.max_send_message_length': TENSOR_MESSAGE_BYTES,
  'grpc-node.flow_control_window': TENSOR_WINDOW_BYTES,
};
