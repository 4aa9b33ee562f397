/**
 * As much of Kubernetes' API as the commands use, over TLS and with a token: objects by their paths, server-side apply, merge patches,
 * pods and their logs. Whatever is stored must pass the strict schemas, as the real one's field validation has it.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { json } from 'node:stream/consumers';
import { problemsOf } from './validate.js';

type Stored = Record<string, unknown> & {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
};

export interface PretendApi {
  readonly url: string;
  /** By path. */
  readonly objects: Map<string, Stored>;
  /** Method and path of all that was asked, without discovery. */
  readonly requests: string[];
  readonly logs: Map<string, string>;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const KINDS: readonly [string, string, string][] = [
  ['v1', 'ConfigMap', 'configmaps'],
  ['v1', 'Secret', 'secrets'],
  ['v1', 'Service', 'services'],
  ['v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'],
  ['apps/v1', 'StatefulSet', 'statefulsets'],
  ['batch/v1', 'Job', 'jobs'],
  ['policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'],
  ['networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'],
  ['monitoring.coreos.com/v1', 'PodMonitor', 'podmonitors'],
  ['jobset.x-k8s.io/v1alpha2', 'JobSet', 'jobsets'],
];

export interface ApiOptions {
  /** PEM texts. */
  readonly key: string;
  readonly cert: string;
  /** That whoever asks must name. */
  readonly token: string;
}

export async function startApi({ key, cert, token }: ApiOptions): Promise<PretendApi> {
  const objects = new Map<string, Stored>();
  const requests: string[] = [];
  const logs = new Map<string, string>();
  const server = createServer({ key, cert }, (request, response) => {
    const isKnown = request.headers.authorization === `Bearer ${token}`;
    const answered = isKnown ? answer(request, objects, requests, logs) : Promise.resolve(refusal(401, 'Unauthorized'));
    void answered.then(({ status, body }) => {
      const isText = typeof body === 'string';
      response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json' });
      response.end(isText ? body : JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `https://127.0.0.1:${port}`,
    objects,
    requests,
    logs,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(
  request: IncomingMessage,
  objects: PretendApi['objects'],
  requests: string[],
  logs: PretendApi['logs'],
): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url!, 'http://api');
  const [, discovered] = /^\/apis?\/([\w.-]+(?:\/[\w.-]+)?)$/.exec(pathname) ?? [];
  if (discovered !== undefined) return discovery(discovered);
  requests.push(`${request.method} ${pathname}`);
  if (pathname.endsWith('/log')) return { status: 200, body: logs.get(pathname.split('/').at(-2)!) ?? '' };
  switch (request.method) {
    case 'GET':
      return pathname.endsWith('/pods') ? podList(objects, pathname, searchParams) : read(objects, pathname);
    case 'POST': {
      const object = (await json(request)) as Stored;
      return store(objects, `${pathname}/${object.metadata.name}`, object, 201);
    }
    case 'PATCH':
      return patch(objects, pathname, request);
    case 'DELETE': {
      const there = read(objects, pathname);
      objects.delete(pathname);
      return there;
    }
    default:
      return refusal(405, `${request.method} is not known here`);
  }
}

function discovery(groupVersion: string): Answer {
  const resources = KINDS.filter(([version]) => version === groupVersion).map(([, kind, name]) => {
    return { kind, name, namespaced: true, singularName: kind.toLowerCase(), verbs: ['get', 'patch'] };
  });
  return { status: 200, body: { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources } };
}

function read(objects: PretendApi['objects'], path: string): Answer {
  const object = objects.get(path);
  return object ? { status: 200, body: object } : refusal(404, `${path} not found`);
}

function podList(objects: PretendApi['objects'], path: string, query: URLSearchParams): Answer {
  const wanted = (query.get('labelSelector') ?? '').split(',').map((pair) => pair.split('='));
  const items = [...objects]
    .filter(([at]) => at.startsWith(`${path}/`))
    .map(([, pod]) => pod)
    .filter(({ metadata }) => wanted.every(([label, value]) => metadata.labels?.[label!] === value));
  return { status: 200, body: { kind: 'PodList', apiVersion: 'v1', metadata: {}, items } };
}

async function patch(objects: PretendApi['objects'], path: string, request: IncomingMessage): Promise<Answer> {
  const body = (await json(request)) as Stored;
  const there = objects.get(path);
  switch (request.headers['content-type']) {
    case 'application/apply-patch+yaml':
      return store(objects, path, body, there ? 200 : 201);
    case 'application/merge-patch+json':
      if (!there) return refusal(404, `${path} not found`);
      return store(objects, path, merged(there, body) as Stored, 200);
    default:
      return refusal(415, `patches of type ${request.headers['content-type']} are not taken`);
  }
}

async function store(objects: PretendApi['objects'], path: string, object: Stored, status: number): Promise<Answer> {
  const problems = await problemsOf(object);
  if (problems.length > 0) return refusal(422, problems.join('; '));
  objects.set(path, object);
  return { status, body: object };
}

function merged(there: unknown, change: unknown): unknown {
  if (!isTree(there) || !isTree(change)) return change;
  const fields = Object.entries(change).map(([name, value]) => [name, merged(there[name], value)]);
  return { ...there, ...Object.fromEntries(fields) };
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refusal(status: number, message: string): Answer {
  return { status, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, message } };
}
