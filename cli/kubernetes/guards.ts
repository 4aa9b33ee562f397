/** Who may talk to the pods, how many may be taken away at once, and who watches them. */
import type { V1PodDisruptionBudget } from '@kubernetes/client-node';
import type { RunConfig } from '../../core/config/schema.js';
import { workerLimits } from '../../core/config/worker-limits.js';
import { labelsOf, namesOf } from './names.js';
import type { ClusterOptions } from './options.js';

/** The run's own pods, on any port (workers listen on one that is free), and Prometheus. Probes come from the node. */
export function networkPolicy({ name, monitoringNamespace }: ClusterOptions) {
  const ownPods = { podSelector: { matchLabels: labelsOf(name) } };
  const monitoring = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': monitoringNamespace } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: namesOf(name).pods, labels: labelsOf(name) },
    spec: {
      podSelector: { matchLabels: labelsOf(name) },
      policyTypes: ['Ingress'],
      ingress: [{ from: [ownPods] }, { from: [monitoring], ports: [{ protocol: 'TCP', port: 'metrics' }] }],
    },
  };
}

/** A drain takes workers one after another, and always some: below the minimum the run pauses, and loses nothing. */
export function disruptionBudget(config: RunConfig, { name, workers }: ClusterOptions): V1PodDisruptionBudget {
  const { min } = workerLimits(config);
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: namesOf(name).workers, labels: labelsOf(name, 'worker') },
    spec: { minAvailable: Math.min(min, workers - 1), selector: { matchLabels: labelsOf(name, 'worker') } },
  };
}

/** Of the Prometheus operator. */
export function podMonitor({ name }: ClusterOptions) {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PodMonitor',
    metadata: { name: namesOf(name).pods, labels: labelsOf(name) },
    spec: {
      selector: { matchLabels: labelsOf(name) },
      podTargetLabels: ['app.kubernetes.io/instance', 'app.kubernetes.io/component'],
      podMetricsEndpoints: [{ port: 'metrics', path: '/metrics', interval: '15s' }],
    },
  };
}
