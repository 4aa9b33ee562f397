/**
 * Pieces of the dashboard's queries. `$coordinator` are the addresses of the chosen run's coordinator; a worker's metrics
 * are kept where its own information names the run.
 */

export const RUN = '{instance=~"$coordinator"}';
const WORKERS =
  'on (job, instance) group_left (worker) max by (job, instance, worker) (prospect_worker_info{run=~"$run"})';
export const RATE = '[$__rate_interval]';

/** A metric of the coordinator. @param labels beside that. */
export function run(name: string, labels = ''): string {
  return labels === '' ? `${name}${RUN}` : `${name}{instance=~"$coordinator", ${labels}}`;
}

export function mean(name: string): string {
  return `rate(${name}_sum${RUN}${RATE}) / rate(${name}_count${RUN}${RATE})`;
}

export function quantile(share: number, name: string): string {
  return `histogram_quantile(${share}, sum by (le) (rate(${name}_bucket${RUN}${RATE})))`;
}

export function ofWorkers(expr: string): string {
  return `${expr} * ${WORKERS}`;
}
