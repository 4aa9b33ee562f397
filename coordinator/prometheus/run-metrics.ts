/** The coordinator's metrics, as its parts fill them. */
import type { COORDINATOR_METRICS } from '../../core/metrics/coordinator-metrics.js';
import type { Metrics } from '../../proto/http/register-metrics.js';

export type RunMetrics = Metrics<typeof COORDINATOR_METRICS>;
