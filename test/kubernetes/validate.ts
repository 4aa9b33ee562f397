/**
 * Manifests against Kubernetes' own schemas, as strictly as `kubeconform -strict`. The schemas come as compiled
 * functions, which let unknown fields pass. They look at every field that they know, though: what they did not look at,
 * they do not know.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { PROJECT_ROOT } from '../support/project-root.js';

interface Problem {
  readonly instancePath: string;
  readonly message?: string;
  readonly schemaPath: string;
}

interface Validate {
  (data: unknown): boolean;
  readonly errors?: readonly Problem[] | null;
}

interface Typed {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Where the schemas of an API lie, and how their names begin. */
const SCHEMAS: Readonly<Record<string, string>> = {
  v1: 'kubernetes-models/_schemas/IoK8sApiCoreV1',
  'apps/v1': 'kubernetes-models/_schemas/IoK8sApiAppsV1',
  'batch/v1': 'kubernetes-models/_schemas/IoK8sApiBatchV1',
  'networking.k8s.io/v1': 'kubernetes-models/_schemas/IoK8sApiNetworkingV1',
  'policy/v1': 'kubernetes-models/_schemas/IoK8sApiPolicyV1',
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/_schemas/MonitoringCoreosComV1',
  'cert-manager.io/v1': '@kubernetes-models/cert-manager/_schemas/CertManagerIoV1',
};

/** Of jobset.x-k8s.io/v1alpha2, which no package has: its own fields as its Go types name them; the Jobs in it are Kubernetes'. */
const JobSetSchema = z.strictObject({
  apiVersion: z.literal('jobset.x-k8s.io/v1alpha2'),
  kind: z.literal('JobSet'),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.strictObject({
    suspend: z.boolean().optional(),
    successPolicy: z.strictObject({
      operator: z.enum(['All', 'Any']),
      targetReplicatedJobs: z.array(z.string()).optional(),
    }),
    failurePolicy: z.strictObject({ maxRestarts: z.int().nonnegative() }),
    replicatedJobs: z.array(
      z.strictObject({
        name: z.string(),
        replicas: z.int().positive(),
        dependsOn: z
          .array(z.strictObject({ name: z.string(), status: z.enum(['Ready', 'Complete']) }))
          .max(1)
          .optional(),
        template: z.unknown(),
      }),
    ),
  }),
});

/** @returns what is wrong, one line each. */
export async function problemsOf(...objects: readonly Typed[]): Promise<string[]> {
  return (await Promise.all(objects.map(problemsOfOne))).flat();
}

async function problemsOfOne(object: Typed): Promise<string[]> {
  if (object.kind === 'JobSet') return jobSetProblems(object);
  const schema = SCHEMAS[object.apiVersion];
  if (schema === undefined) return [`no schema for ${object.apiVersion} ${object.kind}`];
  return check(await load(`${schema}${object.kind}`), object, object.kind);
}

async function jobSetProblems(object: Typed): Promise<string[]> {
  const parsed = JobSetSchema.safeParse(object);
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `JobSet/${path.join('/')}: ${message}`);
  const validate = await load(`${SCHEMAS['batch/v1']}JobTemplateSpec`);
  return parsed.data.spec.replicatedJobs.flatMap(({ name, template }) => check(validate, template, `JobSet ${name}`));
}

/** By its file: the packages export classes alone. */
async function load(schema: string): Promise<Validate> {
  const file = join(PROJECT_ROOT, 'node_modules', `${schema}.js`);
  return ((await import(pathToFileURL(file).href)) as { validate: Validate }).validate;
}

function check(validate: Validate, data: unknown, path: string): string[] {
  const looked = new Map<object, Set<string>>();
  if (!validate(watched(data, looked))) {
    return (validate.errors ?? []).map(({ instancePath, message, schemaPath }) => {
      return `${path}${instancePath}: ${message ?? schemaPath}`;
    });
  }
  return unseen(data, looked, path);
}

/** The same data, with a note of every field that somebody looks at. */
function watched(data: unknown, looked: Map<object, Set<string>>): unknown {
  if (typeof data !== 'object' || data === null) return data;
  const seen = looked.get(data) ?? new Set<string>();
  looked.set(data, seen);
  return new Proxy(data, {
    get(target, key) {
      if (typeof key === 'string') seen.add(key);
      return watched(Reflect.get(target, key), looked);
    },
  });
}

function unseen(data: unknown, looked: Map<object, Set<string>>, path: string): string[] {
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([key, value]) => {
    if (looked.get(data)?.has(key)) return unseen(value, looked, `${path}/${key}`);
    return [`${path}/${key}: no such field`];
  });
}
