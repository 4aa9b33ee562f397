/** What pods find in their file systems beside the image, of which they can change nothing. */
import type { V1KeyToPath, V1Volume, V1VolumeMount, V1VolumeProjection } from '@kubernetes/client-node';
import type { RunConfig } from '../../core/config/schema.js';
import { CONTROL_TOKEN, FOLDERS, namesOf, type Part, RUN_TOKEN } from './names.js';

export interface Files {
  readonly volumes: V1Volume[];
  readonly volumeMounts: V1VolumeMount[];
}

/** Readable for the pod's group, which its user is in. */
const SECRET_MODE = 0o440;
/** What a worker or coordinator leaves in its temporary folder and cache; more is a fault that must not fill the node. */
const SCRATCH_LIMIT = '2Gi';

/** Of both parts: certificates, tokens, model, scratch. */
export function commonFiles(run: string, part: Part, dataClaim: string): Files {
  const mount = (name: string, mountPath: string): V1VolumeMount => ({ name, mountPath, readOnly: true });
  return {
    volumes: [
      { name: 'certs', projected: { defaultMode: SECRET_MODE, sources: certificates(run, part) } },
      { name: 'data', persistentVolumeClaim: { claimName: dataClaim, readOnly: true } },
      { name: 'temporary', emptyDir: { sizeLimit: SCRATCH_LIMIT } },
      { name: 'cache', emptyDir: { sizeLimit: SCRATCH_LIMIT } },
    ],
    volumeMounts: [
      mount('certs', FOLDERS.certs),
      mount('data', FOLDERS.data),
      { name: 'temporary', mountPath: FOLDERS.temporary },
      { name: 'cache', mountPath: FOLDERS.cache },
    ],
  };
}

/** Keys as cert-manager and `kubectl create secret tls` name them, files as `prospect certs` does. */
function certificates(run: string, part: Part): V1VolumeProjection[] {
  const names = namesOf(run);
  const file = (key: string, path: string): V1KeyToPath => ({ key, path });
  const keys = [file('ca.crt', 'ca.pem'), file('tls.crt', `${part}.pem`), file('tls.key', `${part}.key`)];
  // Who works need not be able to give commands.
  const tokens = part === 'coordinator' ? [RUN_TOKEN, CONTROL_TOKEN] : [RUN_TOKEN];
  return [
    { secret: { name: names.certs(part), items: keys } },
    { secret: { name: names.token, items: tokens.map((name) => file(name, name)) } },
  ];
}

/** The coordinator's alone: run.yaml, and what lets it log in to NATS. */
export function coordinatorFiles(run: string, { nats }: Pick<RunConfig, 'nats'>): Files {
  const names = namesOf(run);
  const hasFiles = nats?.credentials !== undefined || nats?.tls !== undefined;
  return {
    volumes: [
      { name: 'config', configMap: { name: names.config } },
      ...(hasFiles ? [{ name: 'nats', secret: { secretName: names.nats, defaultMode: SECRET_MODE } }] : []),
    ],
    volumeMounts: [
      { name: 'config', mountPath: FOLDERS.config, readOnly: true },
      { name: 'volume', mountPath: FOLDERS.volume },
      ...(hasFiles ? [{ name: 'nats', mountPath: FOLDERS.nats, readOnly: true }] : []),
    ],
  };
}
