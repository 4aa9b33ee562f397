/** The configuration's part about who may look at a run while it goes on. */
import { z } from 'zod';
import { parseAddress } from './address.js';

export const MetricsSchema = z
  .strictObject({
    listen: z
      .string()
      .refine((text) => parseAddress(text) !== undefined, 'expected host:port, or a port on this machine alone')
      .describe(
        'Where the coordinator serves the run’s page, /metrics, /healthz and /readyz: host:port, or a port of the loopback address, beyond which the page takes the control token.',
      ),
  })
  .describe('The page of the run, and metrics for Prometheus. Without it nothing is served.');
