/** What the pods of a run must hold to, whoever renders or patches them. */
import type { V1Container, V1PodSpec } from '@kubernetes/client-node';
import type { Manifest } from '../../cli/kubernetes/render.js';

interface Templated {
  readonly template?: { readonly spec?: { readonly template?: unknown } };
}

/** Templates of pods anywhere in an object. */
export function podSpecsOf(object: Manifest): V1PodSpec[] {
  return templatesIn(object).map(({ spec }) => spec);
}

function templatesIn(value: unknown): { spec: V1PodSpec }[] {
  if (typeof value !== 'object' || value === null) return [];
  const { template } = value as Templated & { template?: { spec?: Partial<V1PodSpec> } };
  const own = template?.spec && 'containers' in template.spec ? [template as { spec: V1PodSpec }] : [];
  return [...own, ...Object.values(value).flatMap(templatesIn)];
}

/** @returns what a pod does not hold to. */
export function violations(pod: V1PodSpec): string[] {
  const { securityContext: context } = pod;
  const rules: [boolean, string][] = [
    [context?.runAsNonRoot === true && (context.runAsUser ?? 0) > 0, 'runs as no root'],
    [context?.seccompProfile?.type === 'RuntimeDefault', 'has a seccomp profile'],
    [pod.automountServiceAccountToken === false, 'has no access to the cluster'],
    [pod.enableServiceLinks === false, 'gets no addresses of other Services'],
    [!pod.hostNetwork && !pod.hostPID && !pod.hostIPC, 'shares nothing with its host'],
    [(pod.volumes ?? []).every(({ hostPath }) => hostPath === undefined), 'mounts nothing of its host'],
    [(pod.terminationGracePeriodSeconds ?? 0) >= 30, 'has time to end'],
    [(pod.tolerations ?? []).some(({ effect }) => effect === 'NoExecute'), 'leaves nodes that are gone'],
  ];
  const broken = rules.filter(([holds]) => !holds).map(([, rule]) => rule);
  return [...broken, ...pod.containers.flatMap(containerViolations)];
}

function containerViolations(container: V1Container): string[] {
  const { name, image, resources, securityContext: context } = container;
  const { requests = {}, limits = {} } = resources ?? {};
  const quantities = ['cpu', 'memory', 'ephemeral-storage'];
  const rules: [boolean, string][] = [
    [context?.allowPrivilegeEscalation === false && !context.privileged, 'gains no privileges'],
    [context?.readOnlyRootFilesystem === true, 'cannot change its image'],
    [context?.capabilities?.drop?.includes('ALL') === true && !context.capabilities.add, 'has no capabilities'],
    [quantities.every((quantity) => quantity in requests && quantity in limits), 'has requests and limits'],
    [requests.memory === limits.memory || name === 'coordinator', 'is not the first to be killed for memory'],
    [container.livenessProbe?.httpGet?.path === '/healthz', 'is asked whether it lives'],
    [container.readinessProbe?.httpGet?.path === '/readyz', 'is asked whether it is ready'],
    [container.startupProbe !== undefined, 'has time to start'],
    [/:(?!latest$)/.test(image ?? ''), 'is of a version'],
    [
      ![...(container.args ?? []), ...(container.env ?? []).map(({ value }) => value)].some(isSecret),
      'shows no secret',
    ],
  ];
  return rules.filter(([holds]) => !holds).map(([, rule]) => `${name} ${rule}`);
}

/** Long and without a word in it. */
function isSecret(text: string | undefined): boolean {
  return /[A-Za-z0-9_-]{32,}/.test(text ?? '');
}
