/** What the pods of coordinator and workers have in common: who they run as, how they are asked whether they live. */
import type { V1Container, V1PodSpec, V1PodTemplateSpec, V1Probe, V1Toleration } from '@kubernetes/client-node';
import type { Files } from './files.js';
import { labelsOf, namesOf, type Part, PORTS } from './names.js';

/** A pod leaves a node that is gone for so long; five minutes are Kubernetes' own. */
const UNREACHABLE_SECONDS = 30;
/** Of the image's user. */
const USER_ID = 10_001;

const UNREACHABLE: readonly V1Toleration[] = ['not-ready', 'unreachable'].map((taint) => ({
  key: `node.kubernetes.io/${taint}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: UNREACHABLE_SECONDS,
}));

export interface PodParts {
  readonly run: string;
  readonly part: Part;
  readonly container: Pick<V1Container, 'image' | 'args' | 'env' | 'ports' | 'resources'>;
  readonly files: readonly Files[];
  readonly more: Pick<V1PodSpec, 'restartPolicy' | 'terminationGracePeriodSeconds' | 'tolerations'>;
}

export function podTemplate({ run, part, container, files, more }: PodParts): V1PodTemplateSpec {
  const { ports = [], ...fields } = container;
  const { tolerations = [], ...others } = more;
  return {
    metadata: { labels: labelsOf(run, part) },
    spec: {
      ...others,
      tolerations: [...UNREACHABLE, ...tolerations],
      subdomain: namesOf(run).pods,
      // Of the cluster a pod needs to know nothing, and the names of Services look like our settings.
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: USER_ID,
        runAsGroup: USER_ID,
        fsGroup: USER_ID,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: part,
          ...fields,
          ports: [...ports, { name: 'metrics', containerPort: PORTS.metrics }],
          ...probes(),
          // The last lines of a pod that failed are in its status: kubectl describe shows them.
          terminationMessagePolicy: 'FallbackToLogsOnError',
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: files.flatMap(({ volumeMounts }) => volumeMounts),
        },
      ],
      volumes: files.flatMap(({ volumes }) => volumes),
    },
  };
}

/** It lives while its event loop answers, whatever training does; a minute of silence is the end of patience. */
function probes(): Pick<V1Container, 'startupProbe' | 'livenessProbe' | 'readinessProbe'> {
  const asks = (path: string, periodSeconds: number, failureThreshold: number): V1Probe => ({
    httpGet: { path, port: 'metrics' },
    periodSeconds,
    timeoutSeconds: 5,
    failureThreshold,
  });
  return {
    startupProbe: asks('/healthz', 2, 30),
    livenessProbe: asks('/healthz', 10, 6),
    readinessProbe: asks('/readyz', 5, 1),
  };
}
