/** The configuration's part about who may look at a run while it goes on. */
import { z } from 'zod';
import { parseAddress } from './address.js';

export const MetricsSchema = z
  .strictObject({
    listen: z
      .string()
      .refine((text) => parseAddress(text) !== undefined, 'expected host:port, or a port on this machine alone')
      .describe(
        'Where the coordinator serves /metrics, /healthz and /readyz: host:port, or a port of the loopback address.',
      ),
  })
  .describe('Metrics for Prometheus. Without it nothing is served.');
