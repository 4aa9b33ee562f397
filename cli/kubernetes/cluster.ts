/** The cluster that kubectl is set to, through Kubernetes' own client, with its errors as ours. */
import type { AppsV1Api, BatchV1Api, CoreV1Api, KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node';
import { ProspectError } from '../../core/errors.js';

export interface Cluster {
  readonly namespace: string;
  readonly config: KubeConfig;
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly batch: BatchV1Api;
  readonly objects: KubernetesObjectApi;
  /** Names us among those who change an object. */
  readonly fieldManager: string;
}

/** @param namespace the one that kubectl is set to when undefined. @throws CONFIG_INVALID without a cluster. */
export async function openCluster(namespace: string | undefined): Promise<Cluster> {
  // Large, and not needed to render.
  const client = await import('@kubernetes/client-node');
  const config = new client.KubeConfig();
  config.loadFromDefault();
  const current = config.getContextObject(config.getCurrentContext());
  if (config.getCurrentCluster() === null) {
    const remedy = 'Set one with kubectl config use-context, or name a file in KUBECONFIG.';
    throw new ProspectError('CONFIG_INVALID', `kubectl is set to no cluster. ${remedy}`);
  }
  return {
    namespace: namespace ?? current?.namespace ?? 'default',
    config,
    core: config.makeApiClient(client.CoreV1Api),
    apps: config.makeApiClient(client.AppsV1Api),
    batch: config.makeApiClient(client.BatchV1Api),
    objects: client.KubernetesObjectApi.makeApiClient(config),
    fieldManager: 'prospect',
  };
}

/** @returns undefined where the cluster knows no such object. @throws as `asked` does. */
export async function found<Answer>(what: string, request: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await request;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw clusterError(what, error);
  }
}

/** @param what is asked for, for the message. @throws ACCESS_DENIED, CONFIG_INVALID for what is refused, UNREACHABLE */
export async function asked<Answer>(what: string, request: Promise<Answer>): Promise<Answer> {
  try {
    return await request;
  } catch (error) {
    throw clusterError(what, error);
  }
}

function clusterError(what: string, cause: unknown): ProspectError {
  const status = statusOf(cause);
  const says = reasonOf(cause);
  if (status === undefined)
    return new ProspectError('UNREACHABLE', `${what}: the cluster does not answer: ${says}`, { cause });
  const code = status === 401 || status === 403 ? 'ACCESS_DENIED' : 'CONFIG_INVALID';
  return new ProspectError(code, `${what}: the cluster refuses (HTTP ${status}): ${says}`, { cause });
}

/** HTTP status of what the client throws. */
function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined;
}

/** Kubernetes answers with a Status object, which the client has as text, as an object or not at all. */
function reasonOf(error: unknown): string {
  const { body, message } = error as { body?: unknown; message: string };
  const said = typeof body === 'string' ? /"message":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] : undefined;
  return (
    said ?? (body as { message?: string } | undefined)?.message ?? /^Message: (.*)$/m.exec(message)?.[1] ?? message
  );
}

export function noRun(name: string, namespace: string): ProspectError {
  const remedy = 'Look at its name and --namespace; prospect k8s launch starts one.';
  return new ProspectError(
    'CONFIG_INVALID',
    `there is no run ${name} with a plain Job in namespace ${namespace}. ${remedy}`,
  );
}
