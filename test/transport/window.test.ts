/** The flow-control windows, as the sending end sees them. */
import { expect, test } from 'vitest';
import { TENSOR_OPTIONS, TENSOR_WINDOW_BYTES } from '../../proto/transport/channel-options.js';
import { checkTensorWindow, windowsOf } from '../../proto/transport/window-check.js';

test('connections for state have their large window, as a stream and as a connection', async () => {
  const { stream, connection } = await windowsOf(TENSOR_OPTIONS);
  expect(stream).toBe(TENSOR_WINDOW_BYTES);
  expect(connection).toBeGreaterThanOrEqual(TENSOR_WINDOW_BYTES);
  await checkTensorWindow();
});

test('without the option they would be small: the check would notice', async () => {
  const { 'grpc-node.flow_control_window': _, ...withoutWindow } = TENSOR_OPTIONS;
  const { stream } = await windowsOf(withoutWindow);
  expect(stream).toBeLessThan(TENSOR_WINDOW_BYTES);
});
