/** What the objects of a run are called in a cluster, and where things lie in its pods: in one place, for they refer to each other. */

export const PORTS = { coordinator: 7700, metrics: 9464 } as const;

/** Folders in the pods. */
export const FOLDERS = {
  /** Of run.yaml, from the ConfigMap. */
  config: '/etc/prospect',
  /** Model and rows, from the data claim; read-only. */
  data: '/data',
  /** The coordinator's volume. */
  volume: '/output',
  /** Certificates and tokens, under the names that `prospect certs` gives them. */
  certs: '/certs',
  nats: '/nats',
  cache: '/cache',
  temporary: '/tmp',
} as const;

export const RUN_FILE = `${FOLDERS.config}/run.yaml`;
/** Beside the cache, on the coordinator's volume. */
export const OUTPUT = `${FOLDERS.volume}/run`;
export const CONTROL_TOKEN = 'control.token';
export const RUN_TOKEN = 'run.token';

export type Part = 'coordinator' | 'worker';

export interface Names {
  readonly coordinator: string;
  readonly workers: string;
  readonly config: string;
  /** Headless: addresses of all pods. */
  readonly pods: string;
  /** Of the coordinator's volume, in the JobSet flavour. */
  readonly volume: string;
  /** Secrets. */
  readonly token: string;
  readonly nats: string;
  certs(role: Part | 'operator'): string;
}

export function namesOf(run: string): Names {
  return {
    coordinator: `${run}-coordinator`,
    workers: `${run}-workers`,
    config: `${run}-config`,
    pods: `${run}-pods`,
    volume: `${run}-volume`,
    token: `${run}-token`,
    nats: `${run}-nats`,
    certs: (role) => `${run}-${role}-certs`,
  };
}

/** Of all objects of a run; those of one part's pods name it too. */
export function labelsOf(run: string, part?: Part): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'prospect',
    'app.kubernetes.io/instance': run,
    ...(part && { 'app.kubernetes.io/component': part }),
  };
}
